# SPDX-License-Identifier: Apache-2.0
"""Entries of the cast's project, and the people above it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cast import Cast, appoint, person
from pilothouse.delivery.projects.models import Workstream
from pilothouse.delivery.projects.rules import portfolio_scopes, programme_scopes
from pilothouse.delivery.raid.models import Aspect, Entry, Kind, Risk
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.rating import Rated, rate_risk
from pilothouse.delivery.raid.services.registering import Asked, raise_entry
from pilothouse.delivery.raid.services.states import StepOutcome, Taken, take_step
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.accounts.models import User

WHY = "The quay wall moved."


@dataclass
class Registers:
    """The cast with a programme manager (Gwen) and a portfolio manager (Paul) above Harbour."""

    cast: Cast
    gwen: User
    paul: User

    def add(self, kind: Kind, title: str = "Crane late", by: User | None = None, **values) -> Entry:
        """An entry of Harbour, by its manager if nobody else is named."""
        place = values.pop("place", self.cast.harbour)
        tasks, site = values.pop("tasks", ()), values.pop("site", "")
        if kind is Kind.ACTION:
            values.setdefault("owner", self.cast.tess)
            values.setdefault("due", "2026-06-01")
        asked = Asked(kind, {"title": title, **values}, tasks, site)
        return raise_entry(actor=(by or self.cast.piet).actor(), place=place, asked=asked)

    def risk(self, title: str = "Crane late", **values) -> Risk:
        """A risk of Harbour."""
        return Risk.rows.get(pk=self.add(Kind.RISK, title, **values).pk)

    def rate(self, risk: Risk, aspect: Aspect = Aspect.CURRENT, **rated) -> Risk:
        """Rate it as its manager."""
        return rate_risk(
            actor=self.cast.piet.actor(),
            risk=risk,
            aspect=aspect,
            rated=Rated(**rated),
            version=None,
        )

    def step(self, entry: Entry, step: Step, by: User | None = None, **taken) -> StepOutcome:
        """Take a step, with a reason."""
        return take_step(
            actor=(by or self.cast.piet).actor(),
            entry=entry,
            step=step,
            taken=Taken(**{"reason": WHY, **taken}),
            version=None,
        )


def build(cast: Cast) -> Registers:
    """Appoint those above."""
    gwen, paul = person("Gwen Example"), person("Paul Example")
    programme, portfolio = cast.programme, cast.portfolio
    appoint(
        gwen,
        Role.PGM,
        ("programme", programme.pk),
        cast.office.pk,
        programme_scopes(programme),
    )
    appoint(
        paul,
        Role.PFM,
        ("portfolio", portfolio.pk),
        cast.office.pk,
        portfolio_scopes(portfolio),
    )
    return Registers(cast, gwen, paul)


def quantified(chance: str, amount: str) -> dict[str, object]:
    """A chance in percent, and what it costs if it happens."""
    return {"chance_pct": Decimal(chance), "cost_likely": Decimal(amount)}


def stream(registers: Registers, name: str = "Civils") -> Workstream:
    """A workstream of Harbour."""
    return Workstream.objects.create(project=registers.cast.harbour, name=name)
