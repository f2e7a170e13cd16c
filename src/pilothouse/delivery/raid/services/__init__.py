# SPDX-License-Identifier: Apache-2.0
"""Writes of the registers, one file per topic."""
