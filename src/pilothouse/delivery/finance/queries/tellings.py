# SPDX-License-Identifier: Apache-2.0
"""The rules by which the codes of a ledger are read, as they are listed."""

from __future__ import annotations

from django.db.models import QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import AccountRule, CodeRule
from pilothouse.delivery.finance.queries.opening import OpenedOffice, row_of_office
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.core.actor import Actor


def account_rules_of(opened: OpenedOffice) -> QuerySet[AccountRule]:
    """The rules of accounts that count."""
    return AccountRule.objects.filter(office=opened.office, voided=False)


def code_rules_of(opened: OpenedOffice) -> QuerySet[CodeRule]:
    """The rules of codes that count, of projects in sight."""
    return CodeRule.objects.filter(
        office=opened.office,
        voided=False,
        project__in=visible_projects(opened.actor, opened.grants),
    ).select_related("project")


def account_rule_of(actor: Actor, rule_id: int) -> tuple[OpenedOffice, AccountRule]:
    """One rule of an account. Raises: NotFound, NotAllowed."""
    rows = AccountRule.objects.select_related("office")
    return row_of_office(actor, rows, rule_id, rules.ACCOUNT_RULE)


def code_rule_of(actor: Actor, rule_id: int) -> tuple[OpenedOffice, CodeRule]:
    """One rule of a code whose project is in sight. Raises: NotFound, NotAllowed."""
    rows = CodeRule.objects.select_related("office", "project").filter(
        project__in=visible_projects(actor)
    )
    return row_of_office(actor, rows, rule_id, rules.ACCOUNT_RULE)
