# SPDX-License-Identifier: Apache-2.0
"""What came in from outside: published reports with their matches, and imports of users."""

from __future__ import annotations

from django.db import models

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.organisation.models import OrgUnit


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
