# SPDX-License-Identifier: Apache-2.0
"""Forms of the register: what is asked, and how the answers are read."""
