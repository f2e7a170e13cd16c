# SPDX-License-Identifier: Apache-2.0
"""Registers of Harbour: every kind in a state worth looking at, one entry on its way up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from cast import SYSTEM, Cast
from pilothouse.delivery.raid.models import Aspect, Entry, EntryLink, Kind, Risk
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.escalating import escalate
from pilothouse.delivery.raid.services.linking import link_entries
from pilothouse.delivery.raid.services.rating import Rated, rate_risk
from pilothouse.delivery.raid.services.registering import Asked, note_entry, raise_entry
from pilothouse.delivery.raid.services.responses import add_response
from pilothouse.delivery.raid.services.states import Taken, take_step


@dataclass
class Raid:
    """One entry of each kind; ``waiting`` waits for the level above, ``lifted`` was taken over."""

    risk: Risk
    issue: Entry
    assumption: Entry
    decision: Entry
    action: Entry
    draft: Entry
    waiting: Entry
    lifted: Entry
    link: EntryLink


def registers_of(cast: Cast, today: date) -> Raid:
    """Build them as the manager of the project."""

    def added(kind: Kind, title: str, **values: object) -> Entry:
        asked = Asked(kind, {"title": title, **values})
        return raise_entry(actor=cast.piet.actor(), place=cast.harbour, asked=asked)

    risk = _risk(cast, added, today)
    issue = added(Kind.ISSUE, "Pump <broken> & leaking", severity=1, impact="No dry dock")
    waiting = added(Kind.ISSUE, "Permit withdrawn", severity=2)
    escalate(actor=cast.piet.actor(), entry=waiting, reason="The law <changed>", version=None)
    lifted = added(Kind.RISK, "Port law changes")
    Entry.objects.filter(pk=lifted.pk).update(level="portfolio", lifted_portfolio=cast.portfolio)
    late = today - timedelta(days=20)
    action = added(Kind.ACTION, "Call the port", owner=cast.tess, due=late, cost=Decimal(250))
    added(Kind.RISK, "Lay-offs <secret>", confidential=True)
    decision = added(Kind.DECISION, "Which crane?", options=["Old", "New <and dear>"])
    link = link_entries(actor=cast.piet.actor(), source=risk, target=issue, kind="leads")
    note_entry(actor=SYSTEM, entry=risk, text="Seen <from> the quay.\nTwice.")
    return Raid(
        risk=Risk.rows.get(pk=risk.pk),
        issue=issue,
        assumption=added(Kind.ASSUMPTION, "The bed is rock", impact_if_false="More piles"),
        decision=decision,
        action=action,
        draft=added(Kind.RISK, "Fog <thick>"),
        waiting=waiting,
        lifted=lifted,
        link=link,
    )


def _risk(cast: Cast, added, today: date) -> Risk:
    row = added(
        Kind.RISK,
        "Crane late <from overseas>",
        category="Supplier",
        cause="One yard & no other",
        effect="The quay waits",
        tags="steel, supplier",
        near_from=today,
        near_until=today + timedelta(days=60),
        strategy="reduce",
        fallback="Hire a floating crane",
    )
    risk, actor = Risk.rows.get(pk=row.pk), cast.piet.actor()
    for aspect, probability, chance in (
        (Aspect.INHERENT, 5, 80),
        (Aspect.CURRENT, 4, 60),
        (Aspect.RESIDUAL, 2, 20),
    ):
        rated = Rated(
            probability=probability,
            time=4,
            chance_pct=Decimal(chance),
            cost_low=Decimal(10_000),
            cost_likely=Decimal(40_000),
            cost_high=Decimal(100_000),
            days_likely=Decimal(15),
        )
        rate_risk(actor=actor, risk=risk, aspect=aspect, rated=rated, version=None)
    values = {"title": "Second yard", "owner": cast.tess, "due": today, "cost": Decimal(8000)}
    add_response(actor=actor, risk=risk, values=values, version=None)
    take_step(actor=actor, entry=risk, step=Step.ASSESS, taken=Taken(), version=None)
    return risk
