# SPDX-License-Identifier: Apache-2.0
"""The United Kingdom's Government Major Projects Portfolio: published files → register."""
