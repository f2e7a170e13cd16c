# SPDX-License-Identifier: Apache-2.0
"""Reading thresholds as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.engine.health import DEFAULT_POLICY, Policy
from pilothouse.engine.health.rating import PolicyData
from pilothouse.foundation.core.pages import as_text
from pilothouse.foundation.core.parsing import Reader

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
