# SPDX-License-Identifier: Apache-2.0
"""The register: objectives, portfolios, programmes, projects, workstreams and their places."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import Calendar, Currency, OrgUnit

USER = settings.AUTH_USER_MODEL


MONEY: Mapping[str, Any] = {"max_digits": 18, "decimal_places": 2, "null": True, "blank": True}


def _cost() -> models.DecimalField[str | Decimal | None, Decimal | None]:
    return models.DecimalField(**MONEY, validators=[plausible.cost])


def _benefit() -> models.DecimalField[str | Decimal | None, Decimal | None]:
    """Of a project whose losses outweigh its gains it is below 0."""
    return models.DecimalField(**MONEY, validators=[plausible.amount])


def _day() -> models.DateField[str | date | None, date | None]:
    return models.DateField(null=True, blank=True, validators=[plausible.day])


def _long_text() -> models.TextField[str, str]:
    return models.TextField(blank=True, validators=[plausible.long_text])


def _not_below_zero(model: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"{model}_{name}_not_below_0",
        condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0}),
        violation_error_message="At least 0.",
    )


def _person() -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(
        USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


class StrategicObjective(Governed):
    """What the organisation wants; weights of siblings add up to 100."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="objectives")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    owner = _person()
    weight_pct = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    horizon_from = _day()
    horizon_to = _day()
    measure = models.CharField(max_length=300, blank=True)
    target = models.CharField(max_length=120, blank=True)
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "code"],
                name="objective_code_once",
                violation_error_message="There is already an objective with this code.",
            ),
            models.CheckConstraint(
                name="objective_weight_range",
                condition=Q(weight_pct__gte=0, weight_pct__lte=100),
                violation_error_message="A weight lies between 0 and 100.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Portfolio(Governed):
    """A set of investments under one envelope; may nest."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        CLOSED = "closed", "Closed"

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    org_unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="portfolios")
    office_id = models.BigIntegerField(db_index=True, editable=False)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=240, blank=True, db_index=True, editable=False)
    description = _long_text()
    manager = _person()
    sponsor = _person()
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    budget_envelope = _cost()
    objectives = models.ManyToManyField(StrategicObjective, blank=True, related_name="portfolios")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(
                fields=["office_id", "code"],
                name="portfolio_code_once",
                violation_error_message="There is already a portfolio with this code.",
            ),
            _not_below_zero("portfolio", "budget_envelope"),
        ]

    def __str__(self) -> str:
        return self.name


class Programme(Governed):
    """Projects coordinated for outcomes that none gives alone."""

    class State(models.TextChoices):
        IDENTIFIED = "identified", "Identified"
        DEFINED = "defined", "Defined"
        DELIVERING = "delivering", "Delivering"
        CLOSING = "closing", "Closing"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="programmes")
    office_id = models.BigIntegerField(db_index=True, editable=False)
    manager = _person()
    sponsor = _person()
    vision = _long_text()
    state = models.CharField(max_length=12, choices=State.choices, default=State.IDENTIFIED)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["office_id", "code"],
                name="programme_code_once",
                violation_error_message="There is already a programme with this code.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Project(Governed):
    """A temporary organisation for agreed outputs. Dates, money and a colour alone make one."""

    class State(models.TextChoices):
        AUTHORISED = "authorised", "Authorised"
        INITIATING = "initiating", "Initiating"
        PLANNING = "planning", "Planning"
        EXECUTING = "executing", "Executing"
        ON_HOLD = "on_hold", "On hold"
        CLOSING = "closing", "Closing"
        CLOSED = "closed", "Closed"
        BENEFITS_TRACKING = "benefits_tracking", "Benefits tracking"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    class Classification(models.TextChoices):
        PUBLIC_INTERNAL = "public_internal", "Internal"
        RESTRICTED = "restricted", "Restricted"
        CONFIDENTIAL = "confidential", "Confidential"

    class SizeClass(models.TextChoices):
        S = "S", "S"
        M = "M", "M"
        L = "L", "L"
        XL = "XL", "XL"

    class Colour(models.TextChoices):
        GREEN = "green", "Green"
        AMBER = "amber", "Amber"
        RED = "red", "Red"

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=300)
    purpose = _long_text()
    office_id = models.BigIntegerField(db_index=True, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="projects")
    programme = models.ForeignKey(
        Programme, null=True, blank=True, on_delete=models.PROTECT, related_name="projects"
    )
    project_type = models.CharField(max_length=80, blank=True)
    size_class = models.CharField(max_length=2, choices=SizeClass.choices, default=SizeClass.M)
    classification = models.CharField(
        max_length=16, choices=Classification.choices, default=Classification.PUBLIC_INTERNAL
    )
    strategic_critical = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.AUTHORISED)
    state_before_hold = models.CharField(max_length=20, blank=True, editable=False)
    hold_review_on = models.DateField(null=True, blank=True, editable=False)
    follows = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by"
    )
    sponsor = _person()
    pm = _person()
    functional_owner = _person()
    technology_owner = _person()
    technology_owner_waiver = models.CharField(max_length=300, blank=True)
    finance_contact = _person()
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    calendar = models.ForeignKey(
        Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    planned_start = _day()
    planned_finish = _day()
    baseline_start = _day()
    baseline_finish = _day()
    budget = _cost()
    forecast_cost = _cost()
    benefits_approved = _benefit()
    benefits_forecast = _benefit()
    stated_colour = models.CharField(max_length=6, choices=Colour.choices, blank=True)
    stated_comment = _long_text()
    stated_on = models.DateField(null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["portfolio", "state"], name="project_portfolio")]
        constraints = [
            models.UniqueConstraint(
                fields=["office_id", "code"],
                name="project_code_once",
                violation_error_message="There is already a project with this code.",
            ),
            models.CheckConstraint(
                name="project_planned_in_order",
                condition=Q(planned_start=None)
                | Q(planned_finish=None)
                | Q(planned_finish__gte=F("planned_start")),
                violation_error_message="The finish lies before the start.",
            ),
            models.CheckConstraint(
                name="project_baseline_in_order",
                condition=Q(baseline_start=None)
                | Q(baseline_finish=None)
                | Q(baseline_finish__gte=F("baseline_start")),
                violation_error_message="The approved finish lies before the approved start.",
            ),
            models.CheckConstraint(
                name="project_sponsor_is_not_pm",
                condition=Q(sponsor=None) | Q(pm=None) | ~Q(sponsor=F("pm")),
                violation_error_message="Sponsor and project manager must be two people.",
            ),
            _not_below_zero("project", "budget"),
            _not_below_zero("project", "forecast_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Placement(models.Model):
    """R-ORG-02: where a project stood from one day to another (half-open)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="placements")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, null=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(valid_to=None), name="placement_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} in {self.portfolio_id} from {self.valid_from}"


class FormerPortfolioPlace(models.Model):
    """R-ORG-02: where a portfolio stood before the day ``until``; the present is on the row."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="former_places")
    org_unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey(Portfolio, null=True, on_delete=models.PROTECT, related_name="+")
    until = models.DateField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["until"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "until"], name="portfolio_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_id} until {self.until}"


class FormerProgrammePlace(models.Model):
    """R-ORG-02: the portfolio of a programme before the day ``until``."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="former_places")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="+")
    until = models.DateField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["until"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "until"], name="programme_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} until {self.until}"


class StateChange(models.Model):
    """R-LIF-03: how long a project stood in each state, and why it left."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="state_changes")
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    by_label = models.CharField(max_length=200)
    reason_code = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Workstream(Governed):
    """A part of a project with one lead."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="workstreams")
    name = models.CharField(max_length=200)
    lead = _person()
    scope_statement = _long_text()
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="workstream_name_once",
                violation_error_message="The project already has a workstream of this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name
