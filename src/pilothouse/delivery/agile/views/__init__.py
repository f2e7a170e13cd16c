# SPDX-License-Identifier: Apache-2.0
"""Pages of agile projects, one file per topic."""
