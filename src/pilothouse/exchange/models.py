# SPDX-License-Identifier: Apache-2.0
"""What came in from outside: published reports with their matches, and imports of users."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


class BacklogTable(models.Model):
    """A table that one person looks at before it is taken into the backlog of a project, or left.

    ``rows`` is all of it as compressed JSON, ``columns`` what is chosen for each place; empty means
    left out. It goes when it is taken or left, or when the person reads another one.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now=True)
    file_name = models.CharField(max_length=260)
    rows = models.BinaryField()
    columns = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="backlog_table_once")
        ]

    def __str__(self) -> str:
        return self.file_name


class PublishedFile(models.Model):
    """One year of a published portfolio as it was loaded, with everything not understood."""

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="published_files")
    year = models.PositiveSmallIntegerField()
    status_date = models.DateField()
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=4, blank=True)
    transposed = models.BooleanField(default=False)
    notices = models.JSONField(default=list)
    near_misses = models.JSONField(default=list)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["year"]
        constraints = [
            models.UniqueConstraint(fields=["office", "year"], name="published_file_year_once")
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.year})"


class PublishedRecord(models.Model):
    """One row of a published file, the project it belongs to, and how it was recognised."""

    file = models.ForeignKey(PublishedFile, on_delete=models.CASCADE, related_name="records")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="published_records")
    place = models.CharField(max_length=20)
    number = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=300)
    department = models.CharField(max_length=20)
    category = models.CharField(max_length=80, blank=True)
    start = models.DateField(null=True)
    end = models.DateField(null=True)
    end_baseline = models.DateField(null=True)
    whole_life_cost = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    method = models.CharField(max_length=40)
    evidence = models.TextField(blank=True)

    class Meta:
        ordering = ["file", "id"]
        constraints = [
            models.UniqueConstraint(fields=["file", "project"], name="published_record_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.method})"


class ImportJob(Governed):
    """A table that a person brings into the register, from upload to undo."""

    class Stage(models.TextChoices):
        MAPPING = "mapping", "Columns to be mapped"
        CHECKED = "checked", "Checked"
        APPLIED = "applied", "Applied"
        UNDONE = "undone", "Undone"
        DISCARDED = "discarded", "Discarded"

    office = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.MAPPING)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=4, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    header_row = models.PositiveIntegerField(default=1)
    mapping = models.JSONField(default=dict, blank=True, help_text="Number of the column → field.")
    month_first = models.BooleanField(default=False)
    decimal_comma = models.BooleanField(default=False)
    portfolio = models.ForeignKey(
        Portfolio, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sheets = models.JSONField(default=list, blank=True)
    columns = models.JSONField(
        default=list, blank=True, help_text="For each column its header and first values."
    )
    row_count = models.PositiveIntegerField(default=0)
    notices = models.JSONField(default=list, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text="When a rule of retention removed what the file held."
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Import of {self.file_name}"


class ImportFile(models.Model):
    """The uploaded file of an open import, compressed; deleted when the import ends."""

    job = models.OneToOneField(ImportJob, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"File of import {self.job_id}"


class ImportRow(models.Model):
    """One row of an import: what it does, with the values before and after, or its problems."""

    class Action(models.TextChoices):
        CREATE = "create", "New"
        UPDATE = "update", "Changed"
        UNCHANGED = "unchanged", "Unchanged"
        PROBLEM = "problem", "Problem"

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="Row of the file, the header counted.")
    action = models.CharField(max_length=10, choices=Action.choices)
    code = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=300, blank=True)
    project = models.ForeignKey(
        Project, null=True, on_delete=models.SET_NULL, related_name="import_rows"
    )
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    problems = models.JSONField(default=list, help_text="Pairs of field and reason.")
    version_after = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["job", "number"]
        indexes = [models.Index(fields=["job", "action", "number"], name="import_row_action")]

    def __str__(self) -> str:
        return f"Row {self.number}: {self.action}"


class ImportMemory(models.Model):
    """Which header an office last mapped to which field; empty means left out on purpose."""

    office = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="import_memory")
    header = models.CharField(max_length=120)
    field = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "header"], name="import_memory_once")
        ]

    def __str__(self) -> str:
        return f"{self.header} → {self.field}"
