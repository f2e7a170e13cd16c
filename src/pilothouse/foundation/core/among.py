# SPDX-License-Identifier: Apache-2.0
"""Many keys as one value of a query."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.db import connection
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL


def among(keys: Collection[int]) -> RawSQL | list[int]:
    """The keys as the right side of ``__in``: one value, however many there are; none, no query.

    A list becomes one placeholder for each key, and to write, take apart and read these costs more
    than the rows from some hundreds on.
    """
    if not keys:
        return []
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(keys)], BigIntegerField())
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(keys))], BigIntegerField())
