# SPDX-License-Identifier: Apache-2.0
"""The page of a project's funding: releases, what is available, and draws on the reserves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.models import Budget, ContingencyDraw, FundingRelease
from pilothouse.delivery.finance.queries.budget_pages import draws_of
from pilothouse.delivery.finance.queries.budgets import BudgetTotals, budget_totals
from pilothouse.delivery.finance.queries.funding import Funding, funding_of
from pilothouse.delivery.finance.queries.opening import (
    OpenedProject,
    open_project,
    row_of_project,
)
from pilothouse.delivery.finance.queries.releases import Held
from pilothouse.delivery.projects.rules import OPEN_STATES, manages
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.actor import Actor

State = FundingRelease.State
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release with what it holds and what the actor may do with it."""

    held: Held
    steps: frozenset[str]

    @property
    def release(self) -> FundingRelease:
        return self.held.release


@dataclass(frozen=True, slots=True)
class DrawRow:
    """A draw with what the actor may do with it."""

    draw: ContingencyDraw
    steps: frozenset[str]


@dataclass(frozen=True, slots=True)
class FundingPage:
    """All that the page shows; ``draws`` is None for those who may not see them.

    Without ``sees_cost`` nothing is shown from which cost follows, by itself or by subtraction.
    """

    opened: OpenedProject
    sees_cost: bool
    funding: Funding
    rows: Sequence[ReleaseRow]
    proposes: bool
    draws: Sequence[DrawRow] | None
    totals: BudgetTotals | None
    own_limit: Decimal
    own_drawn: Decimal
    may_draw: bool

    @property
    def own_left(self) -> Decimal:
        """What the project manager may still draw alone."""
        return self.own_limit - self.own_drawn


def funding_page(actor: Actor, project_id: int) -> FundingPage:
    """The funding of a project. Raises: NotFound, NotAllowed."""
    opened = open_project(actor, project_id, rules.FUNDING)
    project = opened.project
    sees_draws = opened.may(rules.DRAW, "R")
    totals = budget_totals([project.pk]).get(project.pk) if sees_draws else None
    budget = Budget.objects.get(pk=totals.budget_id) if totals is not None else None
    limit = deciding.own_limit(project, budget) if budget is not None else ZERO
    drawn = deciding.own_drawn(budget) if budget is not None else ZERO
    funding = funding_of(project)
    turn = _Turn(opened, limit - drawn, [held.release for held in funding.held])
    return FundingPage(
        opened=opened,
        sees_cost=opened.may(rules.ACTUAL, "R"),
        funding=funding,
        rows=[ReleaseRow(held, turn.of_release(held.release)) for held in funding.held],
        proposes=turn.proposes,
        draws=[DrawRow(draw, turn.of_draw(draw)) for draw in draws_of(opened)]
        if sees_draws
        else None,
        totals=totals,
        own_limit=limit,
        own_drawn=drawn,
        may_draw=turn.open and budget is not None and opened.may(rules.DRAW, "S"),
    )


class _Turn:
    """Whose turn it is with releases and draws, for the links of a page.

    Who may decide depends on who proposed; that is asked once for each of them, however many rows
    there are. Limits of delegations are asked where the decision is taken.
    """

    def __init__(
        self, opened: OpenedProject, own_left: Decimal, releases: Sequence[FundingRelease]
    ) -> None:
        project = opened.project
        self.open = project.state in OPEN_STATES
        self.proposes = self.open and deciding.proposes_funding(opened.actor, project)
        self._keeps = self.proposes or opened.may(rules.FUNDING, "U")
        self._releases = opened.may(rules.FUNDING, "L")
        self._draws = opened.may(rules.DRAW, "S")
        self._manages = manages(opened.actor, project) and opened.may(rules.DRAW, "A")
        self._own_left = own_left
        self._opened = opened
        self._hands = deciding.hands_in(releases)
        self._known: dict[tuple[str, frozenset[int | None]], bool] = {}

    def _decides(
        self, kind: str, hands: frozenset[int | None], roles: tuple[Role, ...] = ()
    ) -> bool:
        key = (f"{kind} {roles}", hands)
        if key not in self._known:
            actor, project = self._opened.actor, self._opened.project
            found = deciding.as_decider(actor, project, kind, barred=hands, roles=roles)
            self._known[key] = found is not None
        return self._known[key]

    def of_release(self, row: FundingRelease) -> frozenset[str]:
        """What the actor may do next with a release."""
        if not self.open or row.state not in (State.PROPOSED, State.APPROVED, State.RELEASED):
            return frozenset()
        if row.state == State.APPROVED:
            steps = {"release": self._releases, "withdraw": self.proposes or self._releases}
        elif self._decides(rules.FUNDING, self._hands[row.pk]):
            proposed = row.state == State.PROPOSED
            steps = {"approve": proposed, "carry": not proposed, "withdraw": not proposed}
        else:
            steps = {}
        if row.state == State.PROPOSED:
            steps |= {"edit": self._keeps, "withdraw": self.proposes or self._releases}
        return frozenset(name for name, may in steps.items() if may)

    def of_draw(self, draw: ContingencyDraw) -> frozenset[str]:
        """What the actor may do next with a draw."""
        if not self.open or draw.state != ContingencyDraw.State.SUBMITTED:
            return frozenset()
        if draw.reserve == ContingencyDraw.Reserve.MANAGEMENT:
            decides = self._decides(rules.DRAW, frozenset((draw.created_by_id,)), (Role.SCM,))
        elif self._manages:
            decides = draw.amount <= self._own_left
        else:
            decides = self._decides(rules.DRAW, frozenset((draw.created_by_id,)))
        steps = {"approve": decides, "reject": decides, "withdraw": self._draws}
        return frozenset(name for name, may in steps.items() if may)


def release_of(actor: Actor, funding_id: int) -> tuple[OpenedProject, FundingRelease]:
    """A release in sight. Raises: NotFound, NotAllowed."""
    opened, row = row_of_project(actor, FundingRelease.objects.all(), funding_id, rules.FUNDING)
    row.project = opened.project
    return opened, row


def later_releases(row: FundingRelease) -> list[FundingRelease]:
    """Those to which the rest of a release can be carried over."""
    rows = FundingRelease.objects.filter(
        project_id=row.project_id, last__gt=row.last, state__in=(State.APPROVED, State.RELEASED)
    )
    return list(rows.order_by("last", "number"))
