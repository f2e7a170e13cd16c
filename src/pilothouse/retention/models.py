# SPDX-License-Identifier: Apache-2.0
"""How long an office keeps what, what may not be removed, and what was removed when."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


class Kind(models.TextChoices):
    """What a rule can be set for; everything else has a fixed term or is kept for ever."""

    TRAIL = "trail", "Audit trail and history of changes"
    IMPORTS = "imports", "Contents of imports"
    PLANS = "plans", "History of plans"
    SANDBOXES = "sandboxes", "Closed sandboxes"
    UPDATES = "updates", "Weekly updates"
    SNAPSHOTS = "snapshots", "Daily figures"


class RetentionRule(Governed):
    """For how many months an office keeps one kind of data; empty is for ever, as without one."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="retention_rules")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    keep_months = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind"],
                name="retention_rule_once",
                violation_error_message="There is already a rule for this kind.",
            )
        ]

    def __str__(self) -> str:
        return f"Retention: {self.get_kind_display()}"


class LegalHold(Governed):
    """While it is not released, nothing of its object and of what lies or lay below is removed."""

    class Scope(models.TextChoices):
        OFFICE = "office", "Whole organisation"
        PORTFOLIO = "portfolio", "Portfolio"
        PROGRAMME = "programme", "Programme"
        PROJECT = "project", "Project"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="legal_holds")
    scope_type = models.CharField(max_length=10, choices=Scope.choices)
    scope_id = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    release_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope_type", "scope_id"],
                condition=Q(released_at=None),
                name="legal_hold_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"Legal hold {self.pk}"


class RetentionRun(models.Model):
    """What the rules of one office removed in one go; a run that was cut short is taken up."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="retention_runs")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    removed = models.JSONField(default=dict, help_text="Kind → how many went.")
    kept_from = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder, help_text="Kind → the first day that is kept."
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["office"], condition=Q(finished_at=None), name="retention_run_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"Run of the rules of {self.office}"
