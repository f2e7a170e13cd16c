# SPDX-License-Identifier: Apache-2.0
"""How the codes of the ledger are read: rules of accounts and of codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import AccountRule, CodeRule
from pilothouse.delivery.finance.services.keeping import change, create
from pilothouse.delivery.finance.services.keeping import required_reason as reasoned
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

ACCOUNT_FIELDS = ("account", "category", "nature")
CODE_FIELDS = ("code", "project", "wbs")
Rule = AccountRule | CodeRule


@transaction.atomic
def save_account_rule(
    *,
    actor: Actor,
    office: OrgUnit,
    rule: AccountRule | None,
    values: Mapping[str, Any],
    version: int | None = None,
) -> AccountRule:
    """Say which category and nature an account means; ``6*`` is every one that begins with 6.

    Who: C, or U, on account_rule. Writes: AccountRule. Raises: Invalid, Conflict.
    """
    account = values.get("account", rule.account if rule else "")
    if not account.strip() or "*" in account[:-1]:
        message = "Write an account, or the beginning of one and a star at its end: 6*."
        raise Invalid("finance.account", message, fields={"account": message})
    if rule is None:
        allowed = _require(actor, office, "C")
        row = AccountRule(office=office, **values)
        return create(actor=allowed, obj=row, names=ACCOUNT_FIELDS, office_id=office.pk)
    kept = core.lock(AccountRule.objects.select_related("office"), rule.pk)
    _change(actor, kept, values, version)
    return kept


@transaction.atomic
def save_code_rule(
    *,
    actor: Actor,
    office: OrgUnit,
    rule: CodeRule | None,
    values: Mapping[str, Any],
    version: int | None = None,
) -> CodeRule:
    """Say which project, and which part of its work, a code of the ledger means.

    Who: C, or U, on account_rule. Writes: CodeRule. Raises: Invalid, Conflict.
    """
    project = values.get("project", rule.project if rule else None)
    if project is None or project.office_id != office.pk:
        message = "Choose a project of this office."
        raise Invalid("finance.code_project", message, fields={"project": message})
    if rule is None:
        allowed = _require(actor, office, "C")
        row = CodeRule(office=office, **values)
        return create(actor=allowed, obj=row, names=CODE_FIELDS, office_id=office.pk)
    kept = core.lock(CodeRule.objects.select_related("office", "project"), rule.pk)
    _change(actor, kept, values, version)
    return kept


@transaction.atomic
def void_rule(*, actor: Actor, rule: Rule, version: int | None, reason: str) -> Rule:
    """Take a rule back; rows that were mapped by it stay as they are.

    Who: V on account_rule. Writes: AccountRule or CodeRule. Raises: Invalid, Conflict.
    """
    row: Rule
    if isinstance(rule, AccountRule):
        row = core.lock(AccountRule.objects.select_related("office"), rule.pk)
    else:
        row = core.lock(CodeRule.objects.select_related("office", "project"), rule.pk)
    allowed = _require(actor, row.office, "V")
    text = reasoned(reason, "the rule is void")
    _require_kept(row, version)
    change(
        actor=allowed,
        obj=row,
        values={"voided": True},
        version=version,
        action=f"{row._meta.model_name}.void",
        reason=text,
        office_id=row.office_id,
    )
    return row


def _change(actor: Actor, row: Rule, values: Mapping[str, Any], version: int | None) -> None:
    allowed = _require(actor, row.office, "U")
    _require_kept(row, version)
    change(actor=allowed, obj=row, values=values, version=version, office_id=row.office_id)


def _require(actor: Actor, office: OrgUnit, letter: str) -> Actor:
    return rules.require_in_office(
        actor, office, rules.ACCOUNT_RULE, letter, "keep the rules of accounts and codes"
    )


def _require_kept(row: Rule, version: int | None) -> None:
    core.require_version(row, version)
    if row.voided:
        raise Invalid("finance.rule_void", "This rule is void; enter a new one.")
