# SPDX-License-Identifier: Apache-2.0
"""Pages of the registers, one file per topic."""
