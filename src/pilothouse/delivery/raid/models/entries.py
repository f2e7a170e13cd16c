# SPDX-License-Identifier: Apache-2.0
"""What every entry of a register has, whatever it is: place, number, owner, state, links."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pilothouse.delivery.projects.models import Portfolio, Programme, Project, Workstream
from pilothouse.delivery.raid.models.kinds import (
    NAME_LENGTH,
    TAGS_LENGTH,
    TITLE_LENGTH,
    Kind,
    Level,
    person,
)
from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit

PREFIXES = {
    Kind.RISK: "R",
    Kind.ISSUE: "I",
    Kind.ASSUMPTION: "AS",
    Kind.DECISION: "D",
    Kind.ACTION: "A",
}
OVER = ("closed", "occurred", "duplicate", "verified", "cancelled", "validated", "invalidated",
        "expired", "implemented", "superseded")  # fmt: skip
"""States of any kind in which nothing more is to be done."""


def open_entries() -> Q:
    """Condition on entries about which something is still to be done, and that nobody voided.

    An issue is over when it is closed: verified it waits for that.
    """
    over = Q(state__in=OVER) & ~Q(kind=Kind.ISSUE, state="verified")
    return Q(voided=False) & ~over


class Entries(models.QuerySet["Entry"]):
    """Entries by what is wanted of them; each kind has its own ``rows`` beside."""

    def open(self) -> Entries:
        """Those about which something is still to be done."""
        return self.filter(open_entries())

    def with_place(self) -> Entries:
        """With all that decides who may what with them."""
        return self.select_related(
            "office",
            "project__portfolio__org_unit",
            "project__programme",
            "programme__portfolio__org_unit",
            "portfolio__org_unit",
            "lifted_programme__portfolio__org_unit",
            "lifted_portfolio__org_unit",
            "workstream",
            "owner",
        )


class Entry(Governed):
    """One line of a register: a risk, an issue, an assumption, a decision or an action.

    It belongs to one project, programme or portfolio for good and carries a number of its kind
    there. ``level`` says who holds it now: its own place, or one above that took it over
    (``lifted_…``); its own place then reads it only. ``due`` is the review of a risk, else the
    day by which something is to be done; ``due_first`` what was promised first, ``due_moves``
    how often that was put off.
    """

    kind = models.CharField(max_length=10, choices=Kind.choices, editable=False)
    number = models.PositiveIntegerField(editable=False)
    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", editable=False)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="raid_entries"
    )
    programme = models.ForeignKey(
        Programme, null=True, blank=True, on_delete=models.PROTECT, related_name="raid_entries"
    )
    portfolio = models.ForeignKey(
        Portfolio, null=True, blank=True, on_delete=models.PROTECT, related_name="raid_entries"
    )
    workstream = models.ForeignKey(
        Workstream, null=True, blank=True, on_delete=models.PROTECT, related_name="raid_entries"
    )
    level = models.CharField(max_length=9, choices=Level.choices, editable=False)
    lifted_programme = models.ForeignKey(
        Programme, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    lifted_portfolio = models.ForeignKey(
        Portfolio, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=TITLE_LENGTH)
    description = models.TextField(blank=True, validators=[plausible.long_text])
    owner = person()
    actionee = person(help_text="Who carries the response to a risk out.")
    raised_by = person(editable=False)
    raised_label = models.CharField(max_length=NAME_LENGTH, editable=False)
    raised_on = models.DateField(editable=False)
    state = models.CharField(max_length=12, editable=False)
    state_reason = models.TextField(blank=True, editable=False)
    closed_on = models.DateField(null=True, blank=True, editable=False)
    due = models.DateField(null=True, blank=True, validators=[plausible.day])
    due_first = models.DateField(null=True, blank=True, editable=False)
    due_moves = models.PositiveSmallIntegerField(default=0, editable=False)
    priority = models.PositiveSmallIntegerField(
        default=3,
        choices=[(1, "Highest"), (2, "High"), (3, "Normal"), (4, "Low")],
    )
    tags = models.CharField(max_length=TAGS_LENGTH, blank=True)
    confidential = models.BooleanField(default=False)
    voided = models.BooleanField(default=False, editable=False)
    site = models.CharField(
        max_length=300, blank=True, editable=False, help_text="Where it was changed, for mails."
    )

    objects = Entries.as_manager()

    class Meta:
        ordering = ["kind", "number"]
        constraints = [
            models.CheckConstraint(
                name="raid_entry_one_place",
                condition=Q(project__isnull=False, programme=None, portfolio=None)
                | Q(project=None, programme__isnull=False, portfolio=None)
                | Q(project=None, programme=None, portfolio__isnull=False),
                violation_error_message="It belongs to one project, programme or portfolio.",
            ),
            *(
                models.UniqueConstraint(
                    fields=[place, "kind", "number"],
                    condition=Q(**{f"{place}__isnull": False}),
                    name=f"raid_entry_{place}_number",
                )
                for place in ("project", "programme", "portfolio")
            ),
        ]
        indexes = [
            models.Index(fields=["project", "kind", "state"], name="raid_entry_project"),
            models.Index(fields=["owner", "state"], name="raid_entry_owner"),
            models.Index(fields=["office", "kind", "state"], name="raid_entry_office"),
        ]

    def __str__(self) -> str:
        return f"{self.place.code} {self.code}"

    @property
    def code(self) -> str:
        """R-7: once in its place."""
        return f"{PREFIXES[Kind(self.kind)]}-{self.number}"

    @property
    def place(self) -> Project | Programme | Portfolio:
        """Where it belongs."""
        found = self.project or self.programme or self.portfolio
        assert found is not None
        return found

    @property
    def home_level(self) -> Level:
        """The level of the place where it belongs."""
        if self.project_id is not None:
            return Level.PROJECT
        return Level.PROGRAMME if self.programme_id is not None else Level.PORTFOLIO

    @property
    def is_lifted(self) -> bool:
        """Whether a level above has taken it over."""
        return self.level != self.home_level

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        waits = self.kind == Kind.ISSUE and self.state == "verified"
        return not self.voided and (waits or self.state not in OVER)


class EntryLink(models.Model):
    """Why two entries belong together. All kinds but ``relates`` lead from cause to effect."""

    class Kind(models.TextChoices):
        RELATES = "relates", "Belongs to"
        BECAME = "became", "Became"
        RESPONSE = "response", "Is answered by"
        LEADS = "leads", "Leads to"

    source = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="links_in")
    kind = models.CharField(max_length=8, choices=Kind.choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="raid_link_once"),
            models.CheckConstraint(
                name="raid_link_of_two", condition=~Q(source=models.F("target"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class EntryTask(models.Model):
    """A task of the plan that an entry is about; by uid, for a task outlives an import."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="tasks")
    uid = models.IntegerField()
    name = models.CharField(max_length=500)

    class Meta:
        ordering = ["uid"]
        constraints = [models.UniqueConstraint(fields=["entry", "uid"], name="raid_task_once")]

    def __str__(self) -> str:
        return self.name


class EntryNote(models.Model):
    """What somebody remarked on an entry, or what was told of it; written once."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField(auto_now_add=True)
    by = person(editable=False)
    by_label = models.CharField(max_length=NAME_LENGTH)
    text = models.TextField(validators=[plausible.long_text])

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.by_label}: {self.text[:60]}"
