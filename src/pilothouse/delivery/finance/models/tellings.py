# SPDX-License-Identifier: Apache-2.0
"""How the codes of a ledger are read: account to category and nature, code to project."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, category, nature, wbs
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


class AccountRule(Governed):
    """The account rule (R-BUD-02, R-LED-02). ``6*`` means every account that begins with 6."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="account_rules")
    account = models.CharField(max_length=CODE_LENGTH)
    category = category()
    nature = nature()
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["account"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "account"],
                condition=Q(voided=False),
                name="account_rule_once",
                violation_error_message="There is already a rule for this account.",
            )
        ]

    def __str__(self) -> str:
        return self.account


class CodeRule(Governed):
    """The project that a code of the ledger means, where it is not the project's own code."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="code_rules")
    code = models.CharField(max_length=CODE_LENGTH)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="code_rules")
    wbs = wbs()
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "code"],
                condition=Q(voided=False),
                name="code_rule_once",
                violation_error_message="There is already a rule for this code.",
            )
        ]

    def __str__(self) -> str:
        return self.code
