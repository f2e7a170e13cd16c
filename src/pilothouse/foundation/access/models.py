# SPDX-License-Identifier: Apache-2.0
"""Who holds which role where, and from when to when."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilothouse.foundation.access.matrix import ROLE_LABELS, Role
from pilothouse.foundation.core.models import Governed


class ScopeType(models.TextChoices):
    GLOBAL = "global", "Whole installation"
    ORG_UNIT = "org_unit", "Organisation unit"
    PORTFOLIO = "portfolio", "Portfolio"
    PROGRAMME = "programme", "Programme"
    PROJECT = "project", "Project"
    WORKSTREAM = "workstream", "Workstream"


class EffectiveQuerySet(models.QuerySet["RoleAssignment"]):
    def valid_on(self, day: date) -> EffectiveQuerySet:
        return self.filter(
            Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day, voided=False
        )


class RoleAssignment(Governed):
    """R-ORG-07. ``office_id`` is the root unit of the scope, where ``*`` ends; 0 for global."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_assignments"
    )
    role = models.CharField(
        max_length=20, choices=[(role.value, ROLE_LABELS[role]) for role in Role]
    )
    scope_type = models.CharField(max_length=12, choices=ScopeType.choices)
    scope_id = models.BigIntegerField(default=0)
    office_id = models.BigIntegerField(default=0)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    voided = models.BooleanField(default=False)

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "valid_from"], name="role_person"),
            models.Index(fields=["scope_type", "scope_id", "role"], name="role_scope"),
        ]
        constraints = [
            models.CheckConstraint(
                name="role_dates_in_order",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="The last day lies before the first.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.get_role_display()}"


class Delegation(Governed):
    """R-GEN-08, O-ORG-2: what one person lets another do in their place for a time."""

    from_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given"
    )
    to_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_held"
    )
    actions = models.CharField(
        max_length=7, default="RA", help_text="Letters of the matrix that are passed on."
    )
    amount_limit = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    reason = models.CharField(max_length=300)
    voided = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delegation_dates_in_order",
                condition=Q(valid_to__gte=F("valid_from")),
                violation_error_message="The last day lies before the first.",
            ),
            models.CheckConstraint(
                name="delegation_to_another",
                condition=~Q(from_person=F("to_person")),
                violation_error_message="A delegation goes to somebody else.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_person} → {self.to_person}"
