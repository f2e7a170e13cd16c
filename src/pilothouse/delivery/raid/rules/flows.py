# SPDX-License-Identifier: Apache-2.0
"""In which states an entry can be, and which steps lead on (DOMAIN 8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.db import models

from pilothouse.delivery.raid.models import (
    Action,
    Assumption,
    Decision,
    Entry,
    Issue,
    Kind,
    Risk,
)


class Step(StrEnum):
    """What is done to an entry once it is raised."""

    ASSESS = "assess"
    PLAN = "plan"
    RUN = "run"
    OCCUR = "occur"
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"
    START = "start"
    RESOLVE = "resolve"
    VERIFY = "verify"
    DUPLICATE = "duplicate"
    VALIDATE = "validate"
    INVALIDATE = "invalidate"
    EXPIRE = "expire"
    DECIDE = "decide"
    IMPLEMENT = "implement"
    FINISH = "finish"
    CANCEL = "cancel"


KEEPS, DECIDES = "U", "A"
"""Letters of the matrix: who keeps an entry, and who has the last word on it."""


@dataclass(frozen=True, slots=True)
class Way:
    """From which states a step leads where, by which right.

    ``own``: who owns the entry may take it too. ``reasoned``: it needs a sentence.
    ``other``: whoever took the step before does not take this one (R-GEN-08).
    """

    sources: tuple[str, ...]
    target: str
    letter: str = KEEPS
    own: bool = False
    reasoned: bool = False
    other: bool = False


_R, _I, _S, _D, _A = Risk.State, Issue.State, Assumption.State, Decision.State, Action.State
WAYS: Mapping[Kind, Mapping[Step, Way]] = MappingProxyType(
    {
        Kind.RISK: MappingProxyType(
            {
                Step.ASSESS: Way((_R.DRAFT,), _R.OPEN),
                Step.PLAN: Way((_R.OPEN,), _R.PLANNED),
                Step.RUN: Way((_R.OPEN, _R.PLANNED), _R.ACTIVE),
                Step.OCCUR: Way((_R.OPEN, _R.PLANNED, _R.ACTIVE), _R.OCCURRED, reasoned=True),
                Step.CLOSE: Way(
                    (_R.DRAFT, _R.OPEN, _R.PLANNED, _R.ACTIVE), _R.CLOSED, DECIDES, reasoned=True
                ),
                Step.REOPEN: Way((_R.CLOSED,), _R.OPEN, DECIDES, reasoned=True),
            }
        ),
        Kind.ISSUE: MappingProxyType(
            {
                Step.ASSIGN: Way((_I.OPEN,), _I.ASSIGNED),
                Step.START: Way((_I.OPEN, _I.ASSIGNED), _I.IN_PROGRESS, own=True),
                Step.RESOLVE: Way(
                    (_I.OPEN, _I.ASSIGNED, _I.IN_PROGRESS), _I.RESOLVED, own=True, reasoned=True
                ),
                Step.VERIFY: Way((_I.RESOLVED,), _I.VERIFIED, DECIDES, other=True),
                Step.CLOSE: Way((_I.VERIFIED,), _I.CLOSED, DECIDES),
                Step.REOPEN: Way(
                    (_I.RESOLVED, _I.VERIFIED, _I.CLOSED, _I.DUPLICATE),
                    _I.ASSIGNED,
                    reasoned=True,
                ),
                Step.DUPLICATE: Way(
                    (_I.OPEN, _I.ASSIGNED, _I.IN_PROGRESS), _I.DUPLICATE, reasoned=True
                ),
            }
        ),
        Kind.ASSUMPTION: MappingProxyType(
            {
                Step.VALIDATE: Way((_S.OPEN,), _S.VALIDATED, own=True, reasoned=True),
                Step.INVALIDATE: Way((_S.OPEN,), _S.INVALIDATED, own=True, reasoned=True),
                Step.EXPIRE: Way((_S.OPEN,), _S.EXPIRED, reasoned=True),
            }
        ),
        Kind.DECISION: MappingProxyType(
            {
                Step.DECIDE: Way((_D.PROPOSED,), _D.DECIDED, DECIDES),
                Step.IMPLEMENT: Way((_D.DECIDED,), _D.IMPLEMENTED, own=True),
            }
        ),
        Kind.ACTION: MappingProxyType(
            {
                Step.START: Way((_A.OPEN,), _A.IN_PROGRESS, own=True),
                Step.FINISH: Way((_A.OPEN, _A.IN_PROGRESS), _A.DONE, own=True),
                Step.VERIFY: Way((_A.DONE,), _A.VERIFIED, DECIDES, other=True),
                Step.REOPEN: Way((_A.DONE, _A.VERIFIED, _A.CANCELLED), _A.OPEN, reasoned=True),
                Step.CANCEL: Way((_A.OPEN, _A.IN_PROGRESS), _A.CANCELLED, reasoned=True),
            }
        ),
    }
)
FIRST: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.RISK: _R.DRAFT,
        Kind.ISSUE: _I.OPEN,
        Kind.ASSUMPTION: _S.OPEN,
        Kind.DECISION: _D.PROPOSED,
        Kind.ACTION: _A.OPEN,
    }
)
"""The state in which each kind begins."""
STATES: Mapping[Kind, type[models.TextChoices]] = MappingProxyType(
    {Kind.RISK: _R, Kind.ISSUE: _I, Kind.ASSUMPTION: _S, Kind.DECISION: _D, Kind.ACTION: _A}
)
OF_THREATS = frozenset({"avoid", "reduce", "transfer"})
OF_OPPORTUNITIES = frozenset({"exploit", "enhance", "reject"})
"""Strategies that are for one nature alone; the others are for both."""


def way_of(entry: Entry, step: Step) -> Way | None:
    """How this kind of entry takes the step; None where it never does."""
    return WAYS[Kind(entry.kind)].get(step)


def leads_on(entry: Entry) -> list[Step]:
    """Steps that its state allows, in the order of the table."""
    if entry.voided:
        return []
    ways = WAYS[Kind(entry.kind)]
    return [step for step, way in ways.items() if entry.state in way.sources]


def state_label(entry: Entry) -> str:
    """What its state is called; each kind has its own."""
    return "Voided" if entry.voided else str(STATES[Kind(entry.kind)](entry.state).label)


def same_register(one: Entry, other: Entry) -> bool:
    """Whether two different entries stand in one register."""
    columns = ("project_id", "programme_id", "portfolio_id")
    alike = all(getattr(one, name) == getattr(other, name) for name in columns)
    return alike and one.pk != other.pk
