# SPDX-License-Identifier: Apache-2.0
"""Reading thresholds and measures as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from pilothouse.delivery.agile.models import Release
from pilothouse.direction.performance.models import PackageMeasure
from pilothouse.direction.performance.models.earned import CODE_LENGTH, LARGEST_AMOUNT
from pilothouse.engine.health import DEFAULT_POLICY, Policy
from pilothouse.engine.health.rating import PolicyData
from pilothouse.foundation.core.pages import as_text
from pilothouse.foundation.core.parsing import Reader, number_of

LARGEST = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class PolicyInput:
    """Limits by metric, from when, why, and the number of the policy they were made from."""

    rules: PolicyData
    valid_from: date
    reason: str
    number: int


def policy_initial(policy: Policy, today: date) -> dict[str, str]:
    """Limits as text."""
    values = {"valid_from": today.isoformat(), "reason": "", "number": str(policy.number)}
    for rule in policy.rules:
        values[f"green.{rule.metric}"] = as_text(rule.green_limit)
        values[f"amber.{rule.metric}"] = as_text(rule.amber_limit)
    return values


def read_policy(data: Mapping[str, str], today: date) -> PolicyInput:
    """A green limit for every metric, an amber one where there is an amber."""
    reader = Reader(data)
    rules: PolicyData = []
    for rule in DEFAULT_POLICY.rules:
        green = reader.decimal(f"green.{rule.metric}", high=LARGEST, places=4, required=True)
        amber = reader.decimal(f"amber.{rule.metric}", high=LARGEST, places=4)
        rules.append(
            {
                "metric": rule.metric,
                "green": as_text(green),
                "amber": None if amber is None else as_text(amber),
            }
        )
    day = reader.day("valid_from", required=True)
    form = PolicyInput(
        rules,
        day or today,
        reader.text("reason", 300, required=True),
        reader.whole("number", 0, 10**9),
    )
    reader.check("performance.policy")
    return form


@dataclass(frozen=True, slots=True)
class MeasureInput:
    """How a package is measured as it was typed, the version it was made from, and the reason."""

    values: dict[str, Any]
    version: int | None
    reason: str


def measure_initial(row: PackageMeasure) -> dict[str, str]:
    """A measure as text."""
    return {
        "method": row.method,
        "contour": row.contour,
        "percent": "" if row.percent is None else as_text(row.percent),
        "accepted": "on" if row.accepted else "",
        "units": as_text(row.units) if row.units else "",
        "units_done": as_text(row.units_done) if row.units_done else "",
        "unit": row.unit,
        "follows": row.follows,
        "release": str(row.release_id or ""),
        "milestones": "\n".join(
            "; ".join([item["name"], item["weight"], *(["x"] if item["done"] else [])])
            for item in row.milestones
        ),
        "reason": "",
    }


def read_measure(data: Mapping[str, str], releases: QuerySet[Release]) -> MeasureInput:
    """What was typed of a measure. Raises: Invalid naming each field."""
    reader = Reader(data)
    values: dict[str, Any] = {
        "method": reader.choice("method", PackageMeasure.Method.values),
        "contour": reader.choice("contour", PackageMeasure.Contour.values),
        "percent": reader.decimal("percent", low=Decimal(0), high=Decimal(100)),
        "accepted": reader.flag("accepted"),
        "units": _quantity(reader, "units"),
        "units_done": _quantity(reader, "units_done"),
        "unit": reader.text("unit", 40),
        "follows": reader.text("follows", CODE_LENGTH),
        "release": reader.row("release", releases),
        "milestones": _milestones(reader),
    }
    version = data.get("version", "")
    form = MeasureInput(
        values,
        int(version) if version.isdecimal() and len(version) < 10 else None,
        reader.text("reason", 300),
    )
    reader.check("performance.measure_form")
    return form


def _quantity(reader: Reader, name: str) -> Decimal:
    return reader.decimal(name, low=Decimal(0), high=LARGEST_AMOUNT, places=3) or Decimal(0)


def _milestones(reader: Reader) -> list[dict[str, Any]]:
    """Lines of name; weight; x where it is reached."""
    found: list[dict[str, Any]] = []
    lines = reader.text("milestones", 12_000).splitlines()
    for number, line in enumerate(filter(str.strip, lines), 1):
        name, _, rest = line.partition(";")
        weight, _, done = rest.partition(";")
        try:
            value = number_of(weight)
        except ValueError:
            value = None
        if value is None or done.strip().lower() not in ("", "x"):
            reader.wrong("milestones", f"Line {number}: write it as ‘Drawings; 20; x’.")
            continue
        found.append({"name": name.strip(), "weight": str(value), "done": bool(done.strip())})
    return found
