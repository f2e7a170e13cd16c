# SPDX-License-Identifier: Apache-2.0
"""Registers of the living office: what threatens, has happened, was assumed, decided, promised.

Days are counted from today; a negative number lies in the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid.models import Aspect, Entry, EntryLink, Kind, Risk
from pilothouse.delivery.raid.rules import Place, Step
from pilothouse.delivery.raid.services.escalating import escalate
from pilothouse.delivery.raid.services.linking import link_entries
from pilothouse.delivery.raid.services.rating import Rated, rate_risk
from pilothouse.delivery.raid.services.registering import Asked, edit_entry, note_entry, raise_entry
from pilothouse.delivery.raid.services.responses import add_response
from pilothouse.delivery.raid.services.states import Taken, take_step
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock

People = Mapping[str, User]


@dataclass(frozen=True, slots=True)
class Threat:
    """A risk with its ratings over time: days → probability and impact on time.

    ``money`` are chance, least, likely and most in thousands of euros, now and once the response
    is done.
    """

    title: str
    owner: str
    category: str
    rated: Mapping[int, tuple[int, int]]
    values: Mapping[str, Any] = field(default_factory=dict)
    money: tuple[tuple[int, int, int, int], ...] = ()
    response: tuple[str, str, int, int] | None = None


HARBOUR = (
    Threat(
        "The ship-to-shore cranes arrive after the quay is ready",
        "piet",
        "Supplier",
        {-70: (2, 4), -35: (3, 4), -6: (4, 4)},
        {
            "cause": "One yard builds all four cranes and has an earlier order in hand.",
            "effect": "The quay stands finished and earns nothing until they are commissioned.",
            "strategy": "reduce",
            "trigger": "The yard misses the keel milestone of the first crane.",
            "fallback": "Hire a floating crane for the first calls.",
            "tags": "cranes, supplier",
            "near_from": 20,
            "near_until": 150,
        },
        ((60, 400, 900, 1800), (25, 300, 600, 1200)),
        ("Keep an inspector at the yard until the first crane is loaded", "tess", 24, 45),
    ),
    Threat(
        "Old timber piles lie where the new wall is driven",
        "tess",
        "Technology",
        {-80: (4, 4), -30: (3, 3), -10: (2, 3)},
        {
            "cause": "The quay of 1911 is drawn on one sheet only.",
            "effect": "Piles are drawn one by one and the driving rig waits.",
            "strategy": "reduce",
            "trigger": "The sonde meets wood.",
            "near_from": -20,
            "near_until": 40,
        },
        ((30, 80, 150, 400), (10, 80, 150, 300)),
        ("Sound the line of the wall every two metres", "tess", -12, 18),
    ),
    Threat(
        "A winter of storms stops the work on the water",
        "piet",
        "Environment",
        {-50: (3, 3), -14: (3, 3)},
        {"strategy": "accept_active", "near_from": 5, "near_until": 95, "tags": "weather"},
        ((45, 60, 120, 260),),
    ),
    Threat(
        "Steel becomes cheaper before the second order",
        "femi",
        "Cost",
        {-21: (2, 2)},
        {"nature": "opportunity", "strategy": "enhance"},
        ((20, 150, 250, 350),),
    ),
)
DREDGING = (
    Threat(
        "The spoil is more polluted than the samples say",
        "yara",
        "Legal and permits",
        {-60: (3, 4), -20: (4, 5)},
        {
            "cause": "Three samples for two million cubic metres.",
            "strategy": "transfer",
            "tags": "spoil",
            "near_from": 0,
            "near_until": 120,
        },
        ((65, 500, 1200, 3000),),
    ),
    Threat("The hopper dredger is called to another port", "yara", "Supplier", {-30: (2, 3)}),
)


def keep_registers(rows: Mapping[str, Project], people: People, today: date) -> None:
    """Fill the registers of Harbour, the dredging, their programme and their portfolio."""
    harbour, dredging = rows["HARB"], rows["DREDGE"]
    piet, yara = people["piet"], people["yara"]
    threats = [_threat(harbour, piet, one, people, today) for one in HARBOUR]
    spoil, _ = [_threat(dredging, yara, one, people, today) for one in DREDGING]
    _issues(harbour, people, today, threats[1])
    _promises(harbour, people, today)
    _sent_up(spoil, yara, "Only the port can settle this with the water authority.", today, -1)
    _above(harbour, people["ada"], today)


def _when(today: date, days: int) -> datetime:
    day = today + timedelta(days=days)
    return datetime.combine(day, time(9), clock.zone())


def _threat(place: Place, by: User, told: Threat, people: People, today: date) -> Risk:
    values = dict(told.values)
    for name in ("near_from", "near_until"):
        if name in values:
            values[name] = today + timedelta(days=values[name])
    first = min(told.rated)
    values |= {
        "title": told.title,
        "owner": people[told.owner],
        "category": told.category,
        "due": today + timedelta(days=14 + first // 10),
    }
    asked = Asked(Kind.RISK, values, raised_at=_when(today, first))
    row = raise_entry(actor=by.actor(), place=place, asked=asked)
    risk = Risk.rows.get(pk=row.pk)
    amounts = [_amounts(*one) for one in told.money] or [{}]
    for days, (probability, impact) in sorted(told.rated.items()):
        rated = Rated(probability=probability, time=impact, **amounts[0])
        _rate(risk, by, Aspect.CURRENT, rated, _when(today, days))
        if days == first:
            _rate(risk, by, Aspect.INHERENT, rated, _when(today, days))
    take_step(actor=by.actor(), entry=risk, step=Step.ASSESS, taken=Taken(), version=None)
    if len(amounts) > 1:
        left = Rated(probability=2, time=2, **amounts[1])
        _rate(risk, by, Aspect.RESIDUAL, left, _when(today, -5))
    if told.response is not None:
        _answer(risk, by, told.response, people, today)
    return risk


def _amounts(chance: int, low: int, likely: int, high: int) -> dict[str, Any]:
    thousand = Decimal(1000)
    return {
        "chance_pct": Decimal(chance),
        "cost_low": low * thousand,
        "cost_likely": likely * thousand,
        "cost_high": high * thousand,
    }


def _rate(risk: Risk, by: User, aspect: Aspect, rated: Rated, at: datetime) -> None:
    rate_risk(actor=by.actor(), risk=risk, aspect=aspect, rated=rated, version=None, at=at)


def _answer(
    risk: Risk, by: User, told: tuple[str, str, int, int], people: People, today: date
) -> None:
    title, owner, days, cost = told
    values = {
        "title": title,
        "owner": people[owner],
        "due": today + timedelta(days=days),
        "cost": Decimal(cost * 1000),
    }
    add_response(actor=by.actor(), risk=risk, values=values, version=None)
    for step in (Step.PLAN, Step.RUN):
        take_step(actor=by.actor(), entry=risk, step=step, taken=Taken(), version=None)


def _added(
    place: Place, by: User, kind: Kind, title: str, today: date, days: int, **values: Any
) -> Entry:
    asked = Asked(kind, {"title": title, **values}, raised_at=_when(today, days))
    return raise_entry(actor=by.actor(), place=place, asked=asked)


def _issues(place: Project, people: People, today: date, piles: Risk) -> None:
    """One that runs late, one that waits above for too long, one that came of a risk."""
    piet = people["piet"]
    pump = _added(
        place,
        piet,
        Kind.ISSUE,
        "The dewatering pump of the dock gate has failed",
        today,
        -4,
        severity=2,
        owner=people["tess"],
        impact="The dry dock cannot be entered.",
        tags="dock",
    )
    take_step(actor=piet.actor(), entry=pump, step=Step.ASSIGN, taken=Taken(), version=None)
    note_entry(actor=people["tess"].actor(), entry=pump, text="A seal is on order from Hamburg.")
    permit = _added(
        place,
        piet,
        Kind.ISSUE,
        "The harbour police hold back the permit for night work",
        today,
        -12,
        severity=1,
        type="external_event",
    )
    _sent_up(permit, piet, "Three weeks of nights are at stake.", today, -9)
    _added(place, people["tess"], Kind.ISSUE, "Site fence is open at gate 3", today, -2, severity=4)
    occurred = Taken(reason="The rig met four oak piles in one morning.")
    done = take_step(actor=piet.actor(), entry=piles, step=Step.OCCUR, taken=occurred, version=None)
    assert done.became is not None
    link_entries(actor=piet.actor(), source=done.became, target=pump, kind=EntryLink.Kind.RELATES)


def _promises(place: Project, people: People, today: date) -> None:
    """Assumptions, decisions and actions: kept, late, and put off twice."""
    piet, tess = people["piet"], people["tess"]
    _added(
        place,
        piet,
        Kind.ASSUMPTION,
        "The bed below the new wall is sandstone down to 30 metres",
        today,
        -60,
        owner=tess,
        due=today + timedelta(days=12),
        impact_if_false="Longer piles: ten weeks and two million euros.",
    )
    held = _added(
        place, piet, Kind.ASSUMPTION, "Quay 3 stays in service all year", today, -90, owner=piet
    )
    said = Taken(reason="Confirmed in the berth plan of the harbour master.")
    take_step(actor=piet.actor(), entry=held, step=Step.VALIDATE, taken=said, version=None)
    _added(
        place,
        piet,
        Kind.DECISION,
        "Which fender system for quay 4?",
        today,
        -8,
        owner=piet,
        due=today + timedelta(days=10),
        options=["Cone fenders", "Pneumatic fenders"],
    )
    call = _added(
        place,
        piet,
        Kind.ACTION,
        "Agree the tow route of the cranes with the pilots",
        today,
        -40,
        owner=tess,
        due=today - timedelta(days=25),
        priority=2,
    )
    for days in (-11, -5):
        values = {"due": today + timedelta(days=days)}
        edit_entry(actor=piet.actor(), entry=call, values=values, version=None)
    _added(
        place,
        piet,
        Kind.ACTION,
        "Send the sounding report to the insurer",
        today,
        -6,
        owner=piet,
        due=today + timedelta(days=3),
    )


def _sent_up(entry: Entry, by: User, why: str, today: date, days: int) -> None:
    escalate(actor=by.actor(), entry=entry, reason=why, version=None, at=_when(today, days))


def _above(project: Project, director: User, today: date) -> None:
    """What the programme, if there is one, and the portfolio watch themselves."""
    places: list[Place] = [project.portfolio]
    if project.programme is not None:
        places.append(project.programme)
    for place in places:
        _added(
            place,
            director,
            Kind.RISK,
            "Two projects need the same heavy-lift barge in spring",
            today,
            -15,
            category="Supplier",
        )
        _added(
            place,
            director,
            Kind.ACTION,
            "Ask the yards for a joint slot",
            today,
            -10,
            owner=director,
            due=today + timedelta(days=6),
        )
