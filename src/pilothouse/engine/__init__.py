# SPDX-License-Identifier: Apache-2.0
"""The calculation engine: pure functions over plain data.

No Django, no database, no clock, no network and no global state live here.
"""
