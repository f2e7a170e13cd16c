# SPDX-License-Identifier: Apache-2.0
"""Writes of what is uncertain, and runs of the simulation."""
