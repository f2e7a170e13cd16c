# SPDX-License-Identifier: Apache-2.0
"""What a value may be in any plan file: dates, minutes, numbers, uids, characters."""

from __future__ import annotations

import re
from decimal import Decimal

FIRST_YEAR, LAST_YEAR = 1950, 2199
MAX_MINUTES = 100_000_000
"""Of a duration: 190 years round the clock."""
MAX_WORK_MINUTES = 10**12
MAX_UID = 2**31 - 1
MAX_NUMBER = Decimal(10) ** 15
MAX_UNITS = Decimal(10) ** 7
MAX_MEASURED_DAYS = 3_660
"""Longest span between two dates of a file over which a reader counts working time: a calendar
is worked out day by day."""

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML file can hold and no name needs."""
