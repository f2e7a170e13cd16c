# SPDX-License-Identifier: Apache-2.0
"""Pilothouse: a project management office in a box."""

__version__ = "0.1.0"
