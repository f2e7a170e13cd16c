# SPDX-License-Identifier: Apache-2.0
"""The page of a budget: its versions, what one comes to, what may be done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.models import Budget, BudgetLine, Category, ContingencyDraw, Nature
from pilothouse.delivery.finance.queries.budget_sheet import BudgetSheet, sheet_of
from pilothouse.delivery.finance.queries.budgets import BudgetTotals, totals_of
from pilothouse.delivery.finance.queries.codes import unknown_codes
from pilothouse.delivery.finance.queries.funding import funding_warning
from pilothouse.delivery.finance.queries.opening import (
    OpenedProject,
    open_project,
    row_of_project,
)
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.projects.rules import OPEN_STATES
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.rounding import half_up

ZERO = Decimal(0)
CODES_TOLD = 5
State = Budget.State
_PEOPLE = ("submitted_by", "endorsed_by", "approved_by", "created_by", "follows")


@dataclass(frozen=True, slots=True)
class ForWhat:
    """One category with its natures."""

    category: str
    label: str
    natures: Mapping[str, Decimal]
    total: Decimal


@dataclass(frozen=True, slots=True)
class BudgetPage:
    """All that the page of a budget shows; without any version ``chosen`` is None."""

    opened: OpenedProject
    versions: Sequence[tuple[Budget, BudgetTotals]]
    chosen: Budget | None
    totals: BudgetTotals | None
    sheet: BudgetSheet | None
    spread: Sequence[ForWhat]
    notes: Sequence[str]
    steps: frozenset[str]

    @property
    def by_nature(self) -> dict[str, Decimal]:
        """What all categories come to, by nature."""
        return {
            nature: sum((row.natures[nature] for row in self.spread), ZERO)
            for nature in Nature.values
        }


def budget_page(actor: Actor, project_id: int, number: int, year: int, page: int) -> BudgetPage:
    """A version of the budget of a project: that number, else the approved one or the newest.

    Raises: NotFound, NotAllowed.
    """
    opened = open_project(actor, project_id, rules.BUDGET)
    versions = versions_of(opened)
    chosen = _chosen([row for row, _ in versions], number)
    if chosen is None:
        return BudgetPage(opened, [], None, None, None, [], [], steps_of(opened, None))
    periods = Periods(opened.project.office_id).rows
    totals = {row.pk: found for row, found in versions}[chosen.pk]
    return BudgetPage(
        opened=opened,
        versions=versions,
        chosen=chosen,
        totals=totals,
        sheet=sheet_of(chosen, periods, year, page),
        spread=for_what(chosen),
        notes=notes_of(opened, chosen, totals),
        steps=steps_of(opened, chosen),
    )


def versions_of(opened: OpenedProject) -> list[tuple[Budget, BudgetTotals]]:
    """Every version of a project with what it comes to, the newest first."""
    rows = list(
        Budget.objects.filter(project=opened.project).select_related(*_PEOPLE).order_by("-number")
    )
    for row in rows:
        row.project = opened.project
    totals = totals_of(rows)
    return [(row, totals[row.pk]) for row in rows]


def version_of(opened: OpenedProject, number: int) -> Budget:
    """One version by its number. Raises: NotFound."""
    found = Budget.objects.filter(project=opened.project, number=number).first()
    if found is None:
        raise NotFound("finance.version", f"There is no version {number} of this budget.")
    found.project = opened.project
    return found


def budget_of(actor: Actor, budget_id: int) -> tuple[OpenedProject, Budget]:
    """A version in sight. Raises: NotFound, NotAllowed."""
    rows = Budget.objects.select_related("project__portfolio__org_unit", *_PEOPLE)
    opened, row = row_of_project(actor, rows, budget_id, rules.BUDGET)
    row.project = opened.project
    return opened, row


def draw_of(actor: Actor, draw_id: int) -> tuple[OpenedProject, ContingencyDraw]:
    """A draw in sight. Raises: NotFound, NotAllowed."""
    rows = ContingencyDraw.objects.select_related("project", "budget", "period")
    opened, row = row_of_project(actor, rows, draw_id, rules.DRAW)
    row.project = opened.project
    return opened, row


def draws_of(opened: OpenedProject) -> list[ContingencyDraw]:
    """Every draw of a project, the latest first."""
    rows = ContingencyDraw.objects.filter(project=opened.project)
    people = ("budget", "period", "created_by", "decided_by")
    return list(rows.select_related(*people).order_by("-number"))


def steps_of(opened: OpenedProject, budget: Budget | None) -> frozenset[str]:
    """What the actor may do next with a version; for the buttons of a page."""
    if opened.project.state not in OPEN_STATES:
        return frozenset()
    found = set()
    if opened.may(rules.BUDGET, "C"):
        found.add("begin")
    if budget is None:
        return frozenset(found)
    if budget.state == State.DRAFT and opened.may(rules.BUDGET, "U"):
        found |= {"change"}
    if budget.state == State.DRAFT and opened.may(rules.BUDGET, "S"):
        found.add("submit")
    if budget.state in Budget.OPEN and opened.may(rules.BUDGET, "S"):
        found.add("withdraw")
    if budget.state == State.SUBMITTED and deciding.as_endorser(opened.actor, budget, ZERO):
        found |= {"endorse", "return"}
    if budget.state in (State.SUBMITTED, State.ENDORSED) and deciding.as_approver(
        opened.actor, budget, ZERO
    ):
        found |= {"return"} | ({"approve"} if budget.state == State.ENDORSED else set())
    if budget.state not in (State.SUPERSEDED, State.WITHDRAWN) and deciding.as_finance(
        opened.actor, opened.project
    ):
        found.add("reclassify")
    return frozenset(found)


def for_what(budget: Budget) -> list[ForWhat]:
    """What a version is for, by category and nature, approved draws included."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for category, nature, amount in budget.lines.order_by().values_list(
        "category", "nature", "own_amount"
    ):
        found[category, nature] += amount
    draws = budget.draws.filter(state=ContingencyDraw.State.APPROVED).order_by()
    for category, nature, amount in draws.values_list("category", "nature", "amount"):
        found[category, nature] += amount
    rows = []
    for category, label in Category.choices:
        natures = {nature: found[category, nature] for nature in Nature.values}
        if total := sum(natures.values(), ZERO):
            rows.append(ForWhat(category, str(label), natures, total))
    return rows


def notes_of(opened: OpenedProject, budget: Budget, totals: BudgetTotals) -> list[str]:
    """What a reader should know of a version before it is decided on, sentence by sentence.

    What is said of the funding is left out for those who may not read it.
    """
    found = []
    used = BudgetLine.objects.filter(budget=budget).order_by()
    codes = set(used.values_list("wbs", flat=True).distinct())
    if unknown := unknown_codes(budget.project_id, codes):
        told = ", ".join(unknown[:CODES_TOLD])
        more = f" and {len(unknown) - CODES_TOLD} more" if len(unknown) > CODES_TOLD else ""
        found.append(f"The plan of this project has no task with these WBS codes: {told}{more}.")
    if opened.may(rules.FUNDING, "R"):
        waits = budget.state in Budget.OPEN
        warning = funding_warning(budget.project, totals.total) if waits else budget.warning
        found += [warning] if warning else []
    kept = budget.project.budget
    if budget.state == State.APPROVED and kept != half_up(totals.total):
        said = "nothing" if kept is None else f"{budget.currency_id} {kept:,.2f}"
        found.append(
            f"The register says {said} as the approved budget; it was changed there since this "
            "version was approved."
        )
    return found


def _chosen(rows: Sequence[Budget], number: int) -> Budget | None:
    for row in rows:
        if row.number == number:
            return row
    approved = [row for row in rows if row.state == State.APPROVED]
    live = [row for row in rows if row.state in Budget.OPEN]
    return next(iter([*approved, *live, *rows]), None)
