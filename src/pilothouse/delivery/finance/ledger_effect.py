# SPDX-License-Identifier: Apache-2.0
"""What is posted into the ledger, and what a posting does: totals, what waits, what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pilothouse.delivery.finance.ledger_rows import REQUIRED, Form, Problem
from pilothouse.delivery.finance.models import LedgerBatch, LedgerMapping

MOST_TOLD = 200
BUCKETS = ("imported", "mapped", "suspense", "held", "skipped")
Row = tuple[int, Mapping[str, str]]
"""Its place in the file, and its cells by our names of the columns."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted: a name, where it came from, and how its rows are written.

    ``stated`` are control totals that came beside it, by currency; ``key`` makes it idempotent.
    """

    name: str
    digest: str = ""
    form: Form = field(default_factory=Form)
    columns: Iterable[str] = REQUIRED
    mapping: LedgerMapping | None = None
    stated: Mapping[str, Decimal] = field(default_factory=dict)
    key: str = ""


def kept_total(rows: int, amount: Decimal) -> dict[str, Any]:
    """Rows and amount as the totals of a batch hold them."""
    return {"rows": rows, "amount": f"{amount.normalize():f}"}


@dataclass(slots=True)
class Effect:
    """What a posting did, or would do: control totals, what waits and why, and what is wrong.

    ``totals``: currency → bucket → rows and amount. ``problems`` are the first ``MOST_TOLD``.
    """

    batch: LedgerBatch | None = None
    totals: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    waiting: Counter[tuple[str, str]] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    again: bool = False

    def wrong(self, problem: Problem) -> None:
        """Note what is wrong with a row."""
        self.problem_count += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(problem)

    def count(self, currency: str, bucket: str, amount: Decimal) -> None:
        """Count a row in a bucket of its currency, and as imported."""
        buckets = self.totals.get(currency)
        if buckets is None:
            buckets = self.totals[currency] = {name: [0, Decimal(0)] for name in BUCKETS}
        for name in ("imported", bucket):
            buckets[name][0] += 1
            buckets[name][1] += amount

    @property
    def rows(self) -> int:
        return sum(int(buckets["imported"][0]) for buckets in self.totals.values())

    @property
    def waits(self) -> bool:
        return bool(self.waiting)

    def kept(self) -> list[dict[str, Any]]:
        """The control totals as a batch keeps them."""
        return [
            {"currency": currency}
            | {name: kept_total(rows, amount) for name, (rows, amount) in told.items()}
            for currency, told in sorted(self.totals.items())
        ]
