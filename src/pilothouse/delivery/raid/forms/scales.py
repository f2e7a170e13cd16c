# SPDX-License-Identifier: Apache-2.0
"""Fields of the scales and service levels of an office."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from pilothouse.delivery.raid.models import RaidPolicy
from pilothouse.delivery.raid.models.scales import HOUR
from pilothouse.delivery.raid.services.clocks import PROMISES
from pilothouse.delivery.raid.services.policies import LONGEST_MINUTES, SEVERITIES, Scales
from pilothouse.foundation.core.pages import Field, Section, as_text
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.core.plausible import LONG_TEXT

LISTS = ("probability_pct", "impact_pct", "rating_from", "proximity_months")


def scales_sections() -> list[Section]:
    """Bounds, categories, when a risk goes up, and the service levels in working hours."""
    names = {
        "acknowledge": _("acknowledge within, hours"),
        "plan": _("plan within, hours"),
        "resolve": _("resolve within, hours"),
    }
    return [
        Section(
            _("Scales"),
            [
                Field(
                    "probability_pct",
                    _("Probability: upper bounds of the steps 1 to 4, percent"),
                    required=True,
                    hint=_("Such as 10, 30, 50, 70."),
                ),
                Field(
                    "impact_pct",
                    _("Impact: upper bounds of the steps 1 to 4, percent"),
                    required=True,
                    hint=_("Share of BAC, or of the days that remain."),
                ),
                Field(
                    "rating_from",
                    _("Medium, high and very high from a score of"),
                    required=True,
                    hint=_("Such as 5, 10, 15; the greatest score is 25."),
                ),
                Field(
                    "proximity_months",
                    _("Imminent, near and mid within months"),
                    required=True,
                ),
                Field(
                    "categories",
                    _("Categories of risks"),
                    "textarea",
                    True,
                    _("One in a line."),
                    wide=True,
                    attrs={"rows": "8"},
                ),
            ],
        ),
        Section(
            _("When a risk goes up"),
            [
                Field(
                    "contingency_pct",
                    _("Expected value above this share of the contingency, percent"),
                    "number",
                    True,
                ),
                Field("escalation_days", _("Within working days"), "number", True),
            ],
        ),
        Section(
            _("Service levels of issues, in working hours"),
            [
                Field(
                    f"s{severity}_{promise}",
                    f"S{severity}: {names[promise]}",
                    required=promise != "plan",
                    attrs={"inputmode": "decimal"},
                )
                for severity in SEVERITIES
                for promise in PROMISES
            ],
            _("A working day has 8 hours."),
        ),
        Section("", [Field("reason", _("Why"), "textarea", True, wide=True)]),
    ]


def scales_initial(row: RaidPolicy) -> dict[str, str]:
    found = {name: ", ".join(str(value) for value in getattr(row, name)) for name in LISTS}
    found["categories"] = "\n".join(row.categories)
    found["contingency_pct"] = str(row.contingency_pct)
    found["escalation_days"] = str(row.escalation_days)
    for severity in SEVERITIES:
        for promise, minutes in row.minutes_for(int(severity)).items():
            found[f"s{severity}_{promise}"] = as_text(Decimal(minutes) / HOUR)
    return found


def read_scales(reader: Reader) -> tuple[Scales, str]:
    """The scales of a form, and why; the service says what cannot be."""
    lists = {name: _numbers(reader, name) for name in LISTS}
    categories = [line.strip() for line in reader.text("categories", LONG_TEXT).splitlines()]
    scales = Scales(
        lists["probability_pct"],
        lists["impact_pct"],
        lists["rating_from"],
        lists["proximity_months"],
        [name for name in categories if name],
        {severity: _promises(reader, severity) for severity in SEVERITIES},
        reader.whole("contingency_pct", 1, 100),
        reader.whole("escalation_days", 1, 60),
    )
    return scales, reader.text("reason", 1000)


def _numbers(reader: Reader, name: str) -> list[int]:
    parts = reader.text(name, 100).replace(",", " ").replace(";", " ").split()
    if any(not part.isdecimal() or len(part) > 4 for part in parts):
        reader.wrong(name, _("Whole numbers, set apart by commas."))
        return []
    return [int(part) for part in parts]


def _promises(reader: Reader, severity: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for promise in PROMISES:
        hours = reader.decimal(
            f"s{severity}_{promise}", low=Decimal(0), high=Decimal(LONGEST_MINUTES) / HOUR
        )
        if hours is not None:
            found[promise] = int(hours * HOUR)
    return found
