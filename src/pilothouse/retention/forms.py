# SPDX-License-Identifier: Apache-2.0
"""Reading rules and holds as they are typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pilothouse.foundation.core.parsing import Reader
from pilothouse.retention.kinds import CLASSES, MOST_MONTHS
from pilothouse.retention.models import Kind

REASON = 300


@dataclass(frozen=True, slots=True)
class RuleInput:
    """A term in months (None: for ever), why, and the version that it was made from."""

    keep_months: int | None
    reason: str
    version: int


def read_rule(data: Mapping[str, str], kind: Kind) -> RuleInput:
    """A term that may be set, and a reason. Raises: Invalid."""
    reader = Reader(data)
    typed = reader.text("keep_months", 12)
    least = CLASSES[kind].least_months
    months = reader.whole("keep_months", least, MOST_MONTHS) if typed else None
    form = RuleInput(months, reader.text("reason", REASON, required=True), reader.version())
    reader.check("retention.rule")
    return form


def read_hold(data: Mapping[str, str], choices: Iterable[tuple[str, str]]) -> tuple[str, int, str]:
    """Type and id of what is held, and why. Raises: Invalid."""
    reader = Reader(data)
    scope = reader.choice("scope_id", [key for key, _ in choices])
    reason = reader.text("reason", REASON, required=True)
    reader.check("retention.hold")
    kind, _, number = scope.partition(":")
    return kind, int(number), reason
