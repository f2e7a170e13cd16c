# SPDX-License-Identifier: Apache-2.0
"""Fields of ratings, steps, links and escalations, and how they are read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.raid.forms.entries import choices
from pilothouse.delivery.raid.models import (
    NAME_LENGTH,
    SCALE,
    TITLE_LENGTH,
    Dimension,
    Entry,
    EntryLink,
    Issue,
    Kind,
    RaidPolicy,
    RiskRating,
)
from pilothouse.delivery.raid.rules import Step, way_of
from pilothouse.delivery.raid.services.rating import STEPS, Rated
from pilothouse.delivery.raid.services.states import Taken
from pilothouse.foundation.core.pages import Field, Options, Section, as_text
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.core.plausible import LONG_TEXT

NUMBER = {"inputmode": "decimal", "autocomplete": "off"}
COSTS = ("cost_low", "cost_likely", "cost_high")
DAYS = ("days_low", "days_likely", "days_high")
LINKS = ("relates", "leads", "response")
"""Kinds of link that people make; what became of what is told by steps."""


def reason_field(*, required: bool, label: str = "") -> Field:
    return Field("reason", label or _("Why"), "textarea", required, wide=True)


def read_reason(reader: Reader) -> str:
    """The reason; the service says where one is needed."""
    return reader.text("reason", LONG_TEXT)


def rating_sections(policy: RaidPolicy, unit: str) -> list[Section]:
    """Steps of the scale, and what is quantified."""
    impacts = _steps(policy.impact_pct, _("below %(bound)s %%"), _("from %(bound)s %% on"))
    words = {
        "cost": _("Share of the budget (BAC)."),
        "time": _("Share of the days that remain."),
    }
    return [
        Section(
            _("By the scales of the office"),
            [
                Field(
                    "probability",
                    _("Probability"),
                    "select",
                    options=_steps(
                        policy.probability_pct,
                        _("up to %(bound)s %%"),
                        _("above %(bound)s %%"),
                    ),
                ),
                *(
                    Field(
                        name,
                        _("Impact: %(what)s") % {"what": _(str(label)).lower()},
                        "select",
                        hint=words.get(name, ""),
                        options=impacts
                        if name in words
                        else [("", "–"), *((str(step), str(step)) for step in SCALE)],
                    )
                    for name, label in Dimension.choices
                ),
            ],
            _("A step that stays open follows from what is quantified below, where that is given."),
        ),
        Section(
            _("Quantified"),
            [
                Field("chance_pct", _("Probability, %%") % {}, attrs=NUMBER),
                Field(
                    "shape",
                    _("Distribution"),
                    "select",
                    True,
                    options=choices(RiskRating.Shape.choices),
                ),
                Field("cost_low", _("Cost, least, %(unit)s") % {"unit": unit}, attrs=NUMBER),
                Field("cost_likely", _("Cost, likely"), attrs=NUMBER),
                Field("cost_high", _("Cost, most"), attrs=NUMBER),
                Field("days_low", _("Working days, least"), attrs=NUMBER),
                Field("days_likely", _("Working days, likely"), attrs=NUMBER),
                Field("days_high", _("Working days, most"), attrs=NUMBER),
            ],
        ),
        Section("", [reason_field(required=False)]),
    ]


def _steps(bounds: list[int], low: str, high: str) -> Options:
    found = [("", "–")]
    found += [(str(step), f"{step}: {low % {'bound': bounds[step - 1]}}") for step in SCALE[:4]]
    return [*found, ("5", f"5: {high % {'bound': bounds[3]}}")]


def rating_initial(row: RiskRating | None) -> dict[str, str]:
    names = (*STEPS, "chance_pct", "shape", *COSTS, *DAYS)
    if row is None:
        return {"shape": RiskRating.Shape.TRIANGULAR}
    return {name: as_text(getattr(row, name)) for name in names}


def read_rating(reader: Reader) -> Rated:
    """What is said of one aspect."""
    steps = {name: reader.choice(name, map(str, SCALE), required=False) for name in STEPS}
    amounts: dict[str, Any] = {
        name: reader.decimal(name, low=Decimal(0), high=LARGEST) for name in COSTS
    }
    days: dict[str, Any] = {
        name: reader.decimal(name, low=Decimal(0), high=Decimal(99_999), places=1) for name in DAYS
    }
    rated = Rated(
        chance_pct=reader.decimal("chance_pct", low=Decimal(0), high=Decimal(100)),
        shape=reader.choice("shape", RiskRating.Shape.values),
    )
    whole: dict[str, Any] = {name: int(step) if step else None for name, step in steps.items()}
    return replace(rated, **whole, **amounts, **days)


def step_fields(entry: Entry, step: Step) -> list[Field]:
    """What a step asks for."""
    way = way_of(entry, step)
    found: list[Field] = []
    if entry.kind == Kind.RISK and step is Step.CLOSE:
        options = [
            ("", "–"),
            ("expired", _("Its time has passed")),
            ("avoided", _("It was avoided")),
            ("gone", _("It is no longer relevant")),
        ]
        found.append(Field("closed_as", _("Because"), "select", True, options=options))
    if step is Step.DUPLICATE:
        found.append(Field("duplicate_of", _("Of"), "select", True, options=_issues_beside(entry)))
    if step is Step.INVALIDATE:
        pairs = [(Kind.RISK.value, _("a risk")), (Kind.ISSUE.value, _("an issue"))]
        found.append(Field("becomes", _("What follows"), "select", True, options=pairs))
    if step is Step.DECIDE:
        found += [
            Field("answer", _("What was decided"), required=True, wide=True),
            Field("rationale", _("Why"), "textarea", True, wide=True),
            Field("decided_by", _("Decided by"), required=True, hint=_("A person or a body.")),
            Field("decided_on", _("Decided on"), "date"),
        ]
    if step is Step.FINISH:
        found.append(reason_field(required=False, label=_("What was done")))
    elif way is not None and way.reasoned:
        labels = {Step.RESOLVE: _("How it was solved"), Step.OCCUR: _("What has happened")}
        found.append(reason_field(required=True, label=labels.get(step, "")))
    return found


def _issues_beside(entry: Entry) -> Options:
    rows = Issue.rows.filter(
        project=entry.project_id,
        programme=entry.programme_id,
        portfolio=entry.portfolio_id,
        voided=False,
    )
    return [("", "–"), *((str(row.pk), row.code) for row in rows.exclude(pk=entry.pk))]


def read_step(reader: Reader, entry: Entry) -> Taken:
    """What is said with a step."""
    other = reader.row("duplicate_of", Issue.rows.exclude(pk=entry.pk))
    return Taken(
        reason=read_reason(reader),
        closed_as=reader.text("closed_as", 8),
        duplicate_of=other,
        becomes=reader.text("becomes", 10),
        answer=reader.text("answer", TITLE_LENGTH),
        rationale=reader.text("rationale", LONG_TEXT),
        decided_by=reader.text("decided_by", NAME_LENGTH),
        decided_on=reader.day("decided_on"),
    )


def link_fields() -> list[Field]:
    pairs = [(key, _(str(word))) for key, word in EntryLink.Kind.choices if key in LINKS]
    hint = _("Its code, such as I-3; of another register with its place, such as HARB I-3.")
    return [
        Field("kind", _("This entry"), "select", True, options=pairs),
        Field("other", _("The other one"), required=True, hint=hint),
    ]
