# SPDX-License-Identifier: Apache-2.0
"""Rows of the ledger that wait: finance says where they belong, or lets them go in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.ledger_places import Choice, Places
from pilothouse.delivery.finance.models import (
    AccountRule,
    Actual,
    Category,
    CodeRule,
    Commitment,
    FiscalPeriod,
    Nature,
)
from pilothouse.delivery.finance.services.keeping import lock_ledger, required_reason
from pilothouse.delivery.finance.services.ledger_batches import WAITING, recount
from pilothouse.delivery.finance.services.tellings import save_account_rule, save_code_rule
from pilothouse.delivery.finance.services.totals import retotal
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.models import OrgUnit

CHUNK = 2_000
State = Actual.State
SETTLED = (
    *("state", "state_reason", "project", "wbs", "category", "nature", "period", "rate"),
    *("own_amount", "constant_amount", "commitment"),
)


@dataclass(frozen=True, slots=True)
class Which:
    """Which of the rows that wait are meant: some by key, or all of a code or an account."""

    rows: tuple[int, ...] = ()
    code: str = ""
    account: str = ""

    def condition(self) -> Q:
        """What the rows have to be."""
        if self.rows:
            return Q(pk__in=self.rows)
        if self.code:
            return Q(project_code=self.code)
        if self.account.endswith("*"):
            return Q(account__startswith=self.account[:-1])
        return Q(account=self.account)

    def words(self) -> str:
        """As it is told."""
        if self.rows:
            return f"{len(self.rows)} rows"
        return f"all of code {self.code}" if self.code else f"all of account {self.account}"


@dataclass(slots=True)
class Settled:
    """What became of rows that waited; ``waiting`` are reasons of those that still do."""

    mapped: int = 0
    waiting: Counter[str] = field(default_factory=Counter)


@transaction.atomic
def map_waiting(
    *,
    actor: Actor,
    office: OrgUnit,
    which: Which,
    project: Project | None = None,
    wbs: str = "",
    category: str = "",
    nature: str = "",
    keep: bool = False,
) -> Settled:
    """Say where rows in suspense belong; with ``keep`` those to come of the code or account too.

    Who: U on ledger_import in the office; to keep a rule, C on account_rule.
    Writes: Actual, LedgerBatch, CodeRule, AccountRule, CostTotal. Publishes: MoneyChanged.
    Raises: Invalid naming the field.
    """
    lock_ledger(office.pk)
    allowed = rules.require_in_office(actor, office, rules.IMPORT, "U", "map rows in suspense")
    _check(office, which, project, category, nature)
    if keep:
        _keep(actor, office, which, project, wbs, category, nature)
    choice = Choice(project=project, wbs=wbs, category=category, nature=nature)
    rows = Actual.objects.filter(which.condition(), office_id=office.pk, state=State.SUSPENSE)
    return _settle(allowed, office, rows, choice, f"Mapped: {which.words()}.")


@transaction.atomic
def release_held(
    *,
    actor: Actor,
    office: OrgUnit,
    which: Which,
    period: FiscalPeriod | None,
    reason: str,
) -> Settled:
    """Let held rows in: into an open period, into a closed project, by the nature of the rule.

    Without a ``period`` that of the posting date is tried again. A rate that is missing is not
    passed over. Who: U on ledger_import in the office. Writes: Actual, LedgerBatch, CostTotal.
    Publishes: MoneyChanged. Raises: Invalid naming the field.
    """
    lock_ledger(office.pk)
    allowed = rules.require_in_office(actor, office, rules.IMPORT, "U", "release held rows")
    why = required_reason(reason, "held rows are let in")
    if period is not None and (period.office_id != office.pk or not period.is_open):
        message = f"Period {period.name} is closed; choose an open one."
        raise Invalid("finance.period_closed", message, fields={"period": message})
    rows = Actual.objects.filter(which.condition(), office_id=office.pk, state=State.HELD)
    return _settle(allowed, office, rows, Choice(period=period, accepted=True), why)


def _check(
    office: OrgUnit, which: Which, project: Project | None, category: str, nature: str
) -> None:
    problems = {}
    if project is None and not category:
        problems["project"] = "Choose a project, or what the account is for."
    if project is not None and project.office_id != office.pk:
        problems["project"] = "The project belongs to another office."
    if category and category not in Category.values:
        problems["category"] = "Choose one of the list."
    if bool(category) != bool(nature) or (nature and nature not in Nature.values):
        problems["nature"] = "Choose capex or opex together with a category."
    if not (which.rows or which.code or which.account):
        problems["rows"] = "Tick the rows that are meant."
    if problems:
        told = " ".join(problems.values())
        raise Invalid(
            "finance.mapping", f"It is not clear where these rows belong. {told}", fields=problems
        )


def _keep(
    actor: Actor,
    office: OrgUnit,
    which: Which,
    project: Project | None,
    wbs: str,
    category: str,
    nature: str,
) -> None:
    """Keep as a rule what was said of a code or an account, in place of an earlier one."""
    if which.code and project is not None:
        code = CodeRule.objects.filter(office=office, code=which.code, voided=False).first()
        values = {"code": which.code, "project": project, "wbs": wbs}
        save_code_rule(actor=actor, office=office, rule=code, values=values)
    if which.account and category:
        rows = AccountRule.objects.filter(office=office, voided=False)
        account = rows.filter(account=which.account).first()
        values = {"account": which.account, "category": category, "nature": nature}
        save_account_rule(actor=actor, office=office, rule=account, values=values)


def _settle(
    actor: Actor,
    office: OrgUnit,
    rows: QuerySet[Actual],
    choice: Choice,
    reason: str,
) -> Settled:
    """Place rows that wait once more; those that are still not placed say why."""
    places, settled = Places(office), Settled()
    projects: set[int] = set()
    told: dict[int, dict[str, Any]] = {}
    known = rows.select_related("reverses", "commitment").order_by("pk")
    last = 0
    while chunk := list(known.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        here = {row.pk: row for row in chunk}
        for row in chunk:
            if row.reverses_id in here:
                row.reverses = here[row.reverses_id]
            place = places.place(row, choice)
            told.setdefault(row.batch_id, {"reason": reason})
            if place.state == State.MAPPED and row.project_id is not None:
                settled.mapped += 1
                projects.add(row.project_id)
            else:
                settled.waiting[place.reason] += 1
        _link_orders(office, chunk)
        core.save_many(chunk, SETTLED)
    if not told:
        raise Invalid(
            "finance.nothing_waits",
            "None of these rows waits any more; look at the list again.",
            fields={"rows": "They do not wait any more."},
        )
    recount(actor, told.keys(), told)
    retotal(projects)
    publish(MoneyChanged(tuple(sorted(projects)), "ledger"))
    return settled


def _link_orders(office: OrgUnit, rows: Sequence[Actual]) -> None:
    """Mapped rows are invoices of the order they name, where it is one of their project."""
    numbers = {row.po_no for row in rows if row.po_no}
    found = Commitment.objects.filter(office_id=office.pk, number__in=numbers)
    orders = {(order.number, order.project_id): order for order in found} if numbers else {}
    for row in rows:
        if row.commitment is not None and row.commitment.project_id != row.project_id:
            row.commitment = None
        if row.commitment is None and row.state == State.MAPPED and row.project_id is not None:
            row.commitment = orders.get((row.po_no, row.project_id))


__all__ = ["WAITING", "Settled", "Which", "map_waiting", "release_held"]
