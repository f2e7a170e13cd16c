# SPDX-License-Identifier: Apache-2.0
"""What projects have cost by the ledger: sums, and the rows that they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Actual, CostTotal, FiscalPeriod
from pilothouse.delivery.finance.queries.opening import OpenedOffice, OpenedProject
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.queries import offices_in_sight

ZERO = Decimal(0)
BY = ("period", "category", "nature", "wbs")
State = Actual.State
WAITING = (State.SUSPENSE, State.HELD)


@dataclass(frozen=True, slots=True)
class CostSum:
    """What mapped rows come to in the project's currency; ``constant`` at the budget rate."""

    key: str
    actual: Decimal
    constant: Decimal
    rows: int


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows of the ledger are meant; what is empty does not narrow."""

    project_id: int | None = None
    period_id: int | None = None
    batch_id: int | None = None
    state: str = ""
    account: str = ""
    category: str = ""
    nature: str = ""
    wbs: str | None = None
    order: str = ""
    code: str = ""
    document: str = ""

    def condition(self) -> Q:
        """As a condition on rows; an account that ends with a star is a beginning."""
        found = Q()
        exact = {
            "project_id": self.project_id,
            "period_id": self.period_id,
            "batch_id": self.batch_id,
            "state": self.state,
            "category": self.category,
            "nature": self.nature,
            "po_no": self.order,
            "project_code": self.code,
            "document_no": self.document,
        }
        for name, value in exact.items():
            if value:
                found &= Q(**{name: value})
        if self.wbs is not None:
            found &= Q(wbs=self.wbs)
        if self.account.endswith("*"):
            found &= Q(account__startswith=self.account[:-1])
        elif self.account:
            found &= Q(account=self.account)
        return found


def sums_of_project(opened: OpenedProject, by: str) -> list[CostSum]:
    """What a project has cost by period, category, nature or work package."""
    if by == "wbs":
        rows = Actual.objects.filter(project=opened.project, state=State.MAPPED).order_by("wbs")
        sums = rows.values_list("wbs").annotate(
            Sum("own_amount"), Sum("constant_amount"), Count("pk")
        )
        return [CostSum(*row) for row in sums]
    kept = CostTotal.objects.filter(project=opened.project)
    name = "period__name" if by == "period" else by
    order = "period__first" if by == "period" else by
    found = kept.order_by(order).values_list(order, name)
    return [
        CostSum(*row[1:]) for row in found.annotate(Sum("actual"), Sum("constant"), Sum("rows"))
    ]


def period_sums(opened: OpenedProject) -> list[tuple[FiscalPeriod, Decimal, Decimal, int]]:
    """Period, actual, constant and number of rows of a project, the earliest first."""
    sums = (
        CostTotal.objects.filter(project=opened.project)
        .order_by("period__first")
        .values_list("period_id")
        .annotate(Sum("actual"), Sum("constant"), Sum("rows"))
    )
    rows = list(sums)
    periods = FiscalPeriod.objects.in_bulk([row[0] for row in rows])
    return [(periods[row[0]], row[1], row[2], row[3]) for row in rows]


def rows_of_project(opened: OpenedProject, wanted: RowFilter) -> QuerySet[Actual]:
    """The rows of the ledger that a project's figures are made of, and those that wait for it."""
    rows = Actual.objects.filter(wanted.condition(), project=opened.project)
    if not wanted.state:
        rows = rows.exclude(state=State.ROLLED_BACK)
    return _shown(rows)


def rows_of_office(opened: OpenedOffice, wanted: RowFilter) -> QuerySet[Actual]:
    """The rows of the ledger of an office, but for those of projects out of sight."""
    rows = Actual.objects.filter(wanted.condition(), office_id=opened.office.pk)
    return _shown(rows.filter(in_sight(opened, "project")))


def in_sight(opened: OpenedOffice, project: str) -> Q:
    """Condition on what hangs on no project, or on one that the actor sees (R-GEN-10)."""
    seen = visible_projects(opened.actor, opened.grants)
    return Q(**{project: None}) | Q(**{f"{project}__in": seen})


def _shown(rows: QuerySet[Actual]) -> QuerySet[Actual]:
    return rows.select_related(
        "project", "period", "batch", "commitment", "reverses", "currency"
    ).order_by("posting_date", "pk")


def actual_of(actor: Actor, actual_id: int) -> Actual:
    """One row that the actor may see: by its project, or by the office where it has none.

    Raises: NotFound, NotAllowed.
    """
    held = grants_of(actor)
    row = _shown(Actual.objects.filter(pk=actual_id)).first()
    if row is None:
        raise _no_row()
    if row.project_id is None:
        office = offices_in_sight(actor, held).filter(pk=row.office_id).first()
        if office is None or not rules.can_in_office(actor, office, rules.ACTUAL, "R", held):
            raise _no_row()
        return row
    try:
        project = get_project(actor, row.project_id, held)
    except NotFound:
        raise _no_row() from None
    if not rules.can(actor, project, rules.ACTUAL, "R", held):
        raise NotAllowed(
            "finance.not_seen", f"Your roles do not allow you to see this money of {project.code}."
        )
    return row


def waiting_of(opened: OpenedOffice, state: str) -> list[tuple[str, str, str, str, Decimal, int]]:
    """Rows that wait, gathered: reason, code, account, currency, amount and how many."""
    rows = Actual.objects.filter(
        in_sight(opened, "project"), office_id=opened.office.pk, state=state
    )
    sums = rows.order_by("state_reason", "project_code", "account", "currency_id").values_list(
        "state_reason", "project_code", "account", "currency_id"
    )
    return list(sums.annotate(Sum("amount"), Count("pk")))


def waiting_counts(opened: OpenedOffice) -> dict[str, int]:
    """How many rows are in suspense and held."""
    rows = Actual.objects.filter(office_id=opened.office.pk, state__in=WAITING).order_by()
    return dict(rows.values_list("state").annotate(count=Count("pk")))


def _no_row() -> NotFound:
    return NotFound("finance.row", "There is no such entry, or you may not see it.")
