# SPDX-License-Identifier: Apache-2.0
"""Where the rows of the portfolio lie on a drawing. Geometry only, no markup, no queries."""
