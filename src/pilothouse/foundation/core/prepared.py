# SPDX-License-Identifier: Apache-2.0
"""Reads that every page makes: their SQL is put together once and then only run.

Django puts a query together anew at each read, which costs several times what the database needs
for a small one. ``prepared`` keeps the SQL of a query by the arguments it was built from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, NamedTuple, ParamSpec

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models.sql.compiler import SQLCompiler

KEPT = 500
"""Kept by each function, for as many different arguments."""

P = ParamSpec("P")
Row = tuple[Any, ...]


class _Statement(NamedTuple):
    """SQL with its parameters, and who turns what the database gives into Python's values."""

    alias: str
    sql: str
    parameters: Row
    compiler: SQLCompiler
    converters: dict[int, Any]

    def run(self) -> list[Row]:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            rows: list[Row] = cursor.fetchall()
        if self.converters:
            return list(map(tuple, self.compiler.apply_converters(rows, self.converters)))
        return rows


def prepared(
    build: Callable[P, models.QuerySet[Any, Row]],
) -> Callable[P, list[Row]]:
    """Make a function that builds a ``values_list`` one that reads its rows.

    What it builds may depend on nothing but its arguments, which are hashable: neither on rows
    that it reads itself nor on the clock.
    """

    @lru_cache(maxsize=KEPT)
    def statement(*args: P.args, **kwargs: P.kwargs) -> _Statement | None:
        rows = build(*args, **kwargs)
        compiler = rows.query.get_compiler(rows.db)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        return _Statement(rows.db, sql, tuple(parameters), compiler, converters)

    @wraps(build)
    def read(*args: P.args, **kwargs: P.kwargs) -> list[Row]:
        made = statement(*args, **kwargs)  # type: ignore[arg-type] # unhashable: TypeError
        return [] if made is None else made.run()

    return read
