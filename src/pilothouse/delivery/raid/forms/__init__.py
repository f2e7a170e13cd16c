# SPDX-License-Identifier: Apache-2.0
"""Fields of the pages of the registers and how they are read."""
