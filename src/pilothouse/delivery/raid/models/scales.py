# SPDX-License-Identifier: Apache-2.0
"""By what an office rates its risks and how fast it answers issues: versions, never edited."""

from __future__ import annotations

from typing import Any

from django.db import models

from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit

DEFAULT_PROBABILITIES = [10, 30, 50, 70]
DEFAULT_IMPACTS = [1, 3, 7, 15]
DEFAULT_RATINGS = [5, 10, 15]
DEFAULT_PROXIMITY = [1, 3, 6]
DEFAULT_CATEGORIES = [
    "Schedule",
    "Cost",
    "Scope and quality",
    "Technology",
    "Supplier",
    "People",
    "Stakeholders",
    "Legal and permits",
    "Environment",
    "Organisation",
]
HOUR, DAY = 60, 480
"""Working minutes (R-GEN-02)."""
DEFAULT_SERVICE: dict[str, dict[str, int]] = {
    "1": {"acknowledge": 2 * HOUR, "plan": DAY, "resolve": 3 * DAY},
    "2": {"acknowledge": 4 * HOUR, "plan": 2 * DAY, "resolve": 5 * DAY},
    "3": {"acknowledge": DAY, "plan": 5 * DAY, "resolve": 15 * DAY},
    "4": {"acknowledge": 3 * DAY, "resolve": 30 * DAY},
}


def _probabilities() -> list[int]:
    return list(DEFAULT_PROBABILITIES)


def _impacts() -> list[int]:
    return list(DEFAULT_IMPACTS)


def _ratings() -> list[int]:
    return list(DEFAULT_RATINGS)


def _proximity() -> list[int]:
    return list(DEFAULT_PROXIMITY)


def _categories() -> list[str]:
    return list(DEFAULT_CATEGORIES)


def _service() -> dict[str, dict[str, int]]:
    return {severity: dict(promises) for severity, promises in DEFAULT_SERVICE.items()}


class RaidPolicy(Governed):
    """One version of an office's scales (8.1) and service levels (8.2); the newest counts.

    ``probability_pct``: up to how many percent the steps 1 to 4 reach. ``impact_pct``: below how
    many percent of BAC, or of the remaining duration, they lie. ``rating_from``: from which score
    on a risk is medium, high and very high. ``proximity_months``: up to how many months it is
    imminent, near and mid. ``service_minutes``: severity → promise → working minutes.
    """

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="raid_policies")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=1000, blank=True)
    probability_pct = models.JSONField(default=_probabilities)
    impact_pct = models.JSONField(default=_impacts)
    rating_from = models.JSONField(default=_ratings)
    proximity_months = models.JSONField(default=_proximity)
    categories = models.JSONField(default=_categories)
    service_minutes = models.JSONField(default=_service)
    contingency_pct = models.PositiveSmallIntegerField(
        default=10, help_text="Share of the contingency above which one risk goes a level up."
    )
    escalation_days = models.PositiveSmallIntegerField(
        default=2, help_text="Working days within which it goes up."
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="raid_policy_number_once")
        ]

    def __str__(self) -> str:
        return f"Scales {self.number} of {self.office}"

    def minutes_for(self, severity: int) -> dict[str, int]:
        """Promise → working minutes, of a severity from 1 (critical) to 4 (minor)."""
        found: Any = self.service_minutes.get(str(severity), {})
        return {str(promise): int(minutes) for promise, minutes in found.items()}
