# SPDX-License-Identifier: Apache-2.0
"""Pages of the portfolio, one file per topic."""
