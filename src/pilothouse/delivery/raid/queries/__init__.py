# SPDX-License-Identifier: Apache-2.0
"""Reads of the registers, one file per topic."""
