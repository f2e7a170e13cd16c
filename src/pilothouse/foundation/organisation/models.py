# SPDX-License-Identifier: Apache-2.0
"""Units, people's places in them, currencies, calendars, custom fields."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilothouse.foundation.core.models import Governed

STEP = 6
"""Width of one path segment: base-36 of the row's id, so that a subtree is a text range."""


def segment(number: int) -> str:
    """Fixed-width base-36 text of an id; ordering of text equals ordering of numbers."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text.rjust(STEP, "0")


def ids_of_path(path: str) -> list[int]:
    """Ids from the root down to the row itself."""
    return [int(path[i : i + STEP], 36) for i in range(0, len(path), STEP)]


class Currency(models.Model):
    """ISO 4217 code; ``minor_units`` is the number of decimals money is stored with."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=60)
    minor_units = models.PositiveSmallIntegerField(default=2)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "currencies"

    def __str__(self) -> str:
        return self.code


class OrgUnit(Governed):
    """A part of the organisation. A root is an office of its own: roots share nothing."""

    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise", "Enterprise"
        DIVISION = "division", "Division"
        DEPARTMENT = "department", "Department"
        TEAM = "team", "Team"

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.DEPARTMENT)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=240, blank=True, db_index=True, editable=False)
    office_id = models.BigIntegerField(default=0, db_index=True, editable=False)
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cost_centre = models.CharField(max_length=40, blank=True)
    default_currency = models.ForeignKey(
        Currency, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    attribution = models.TextField(
        blank=True, help_text="Source and licence of this unit's data, shown where it is shown."
    )
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    second_factor_from = models.DateField(
        null=True, blank=True, help_text="From this day everybody of the office must have one."
    )
    trail_from = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="Of an office: the first day of its audit trail; empty while all is kept.",
    )
    snapshots_from = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="Of an office: the first day on which lists can be shown; empty: every day.",
    )

    class Meta:
        ordering = ["path"]
        indexes = [
            models.Index(
                fields=["second_factor_from"],
                name="org_unit_second_factor",
                condition=Q(second_factor_from__isnull=False),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="org_unit_factor_of_office",
                condition=Q(second_factor_from=None) | Q(parent=None),
                violation_error_message="Only an organisation as a whole asks for it.",
            ),
            models.UniqueConstraint(
                fields=["office_id", "code"],
                name="org_unit_code_once",
                violation_error_message="There is already a unit with this code.",
            ),
            models.CheckConstraint(
                name="org_unit_dates_in_order",
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FormerUnitPlace(models.Model):
    """R-ORG-02: the unit above a unit before the day ``until``; the present is on the row."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="former_places")
    parent = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    until = models.DateField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["until"]
        constraints = [models.UniqueConstraint(fields=["unit", "until"], name="unit_place_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} until {self.until}"


class Membership(models.Model):
    """The unit a person belongs to."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership"
    )
    org_unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="members")

    def __str__(self) -> str:
        return f"{self.person} in {self.org_unit}"


class Calendar(Governed):
    """A working calendar of an office: week pattern and exceptions as the engine reads them.

    ``week`` is a list of seven days, Monday first, each a list of [from, to] in minutes after
    midnight; ``exceptions`` a list of {first, last, intervals, name}.
    """

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="calendars")
    name = models.CharField(max_length=120)
    week = models.JSONField(default=list)
    exceptions = models.JSONField(default=list, blank=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "name"],
                name="calendar_name_once",
                violation_error_message="There is already a calendar with this name.",
            ),
            models.UniqueConstraint(
                fields=["office"],
                condition=Q(is_default=True),
                name="calendar_one_default",
                violation_error_message="There is already a default calendar.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomField(Governed):
    """A typed field that an office adds to its projects, or to the tasks of their plans.

    Values stand in ``custom`` of the project or task.
    """

    class Of(models.TextChoices):
        PROJECT = "project", "Projects"
        TASK = "task", "Tasks"

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        YES_NO = "yes_no", "Yes or no"
        CHOICE = "choice", "One of a list"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="custom_fields")
    of = models.CharField(max_length=10, choices=Of.choices, default=Of.PROJECT)
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "label"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "of", "key"],
                name="custom_field_key_once",
                violation_error_message="There is already a field with this key.",
            )
        ]

    def __str__(self) -> str:
        return self.label
