# SPDX-License-Identifier: Apache-2.0
"""Files that came in and were not taken in at once: held for the scanner, or refused by it."""

from __future__ import annotations

from django.db import models

from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit


class IncomingFile(Governed):
    """Which file, from whom, for what, since when it is held, and how that ended.

    ``object_id`` is what it is meant for: a project, or an office. ``asked`` is what was said
    beside the file, ``result_id`` what became of it. Without an office are published files that
    come before there is theirs.
    """

    class State(models.TextChoices):
        HELD = "held", "Waits for the scanner"
        RELEASED = "released", "Taken in"
        FOUND = "found", "Refused by the scanner"
        REFUSED = "refused", "Not taken in"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Door(models.TextChoices):
        PLAN = "plan", "Plan"
        TABLE = "table", "Table of projects"
        PUBLISHED = "published", "Published portfolio"
        WEEK = "week", "Weekly update"
        BACKLOG = "backlog", "Backlog"
        LEDGER = "ledger", "Ledger"
        RATES = "rates", "Exchange rates"
        BUDGET = "budget", "Budget"

    office = models.ForeignKey(
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    door = models.CharField(max_length=10, choices=Door.choices)
    object_id = models.BigIntegerField(default=0)
    place = models.CharField(max_length=300)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    asked = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)
    signature = models.CharField(max_length=200, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    result_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "next_try_at"], name="incoming_file_due")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_held(self) -> bool:
        return self.state == self.State.HELD


class IncomingContent(models.Model):
    """A held file itself, compressed; no page gives it out, and it goes when the holding ends."""

    file = models.OneToOneField(IncomingFile, on_delete=models.CASCADE, related_name="content")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"Content of {self.file_id}"
