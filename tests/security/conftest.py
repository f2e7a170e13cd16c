# SPDX-License-Identifier: Apache-2.0
"""Lets the tests of this folder share the house, and the walk over all addresses."""

from house import house

__all__ = ["house"]
