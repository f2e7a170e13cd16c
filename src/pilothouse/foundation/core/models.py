# SPDX-License-Identifier: Apache-2.0
"""Base of every governed row, the audit trail, and the runs of background jobs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Governed(models.Model):
    """R-GEN-06: optimistic lock and who touched it when. Writing goes through services."""

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        abstract = True


DEFAULT_ZONE = "UTC"


class Installation(Governed):
    """What holds for the whole installation; one row, made when it is first set."""

    time_zone = models.CharField(max_length=64, default=DEFAULT_ZONE)
    second_factor_from = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="installation_is_one", condition=models.Q(pk=1)),
        ]

    def __str__(self) -> str:
        return "Installation"


class AuditEvent(models.Model):
    """Append-only: who did what to which object, with the values before and after."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_label = models.CharField(max_length=200)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    channel = models.CharField(max_length=20)
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    object_label = models.CharField(max_length=300)
    office_id = models.BigIntegerField(default=0, db_index=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "at"], name="audit_object")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An audit event is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An audit event is never deleted.")


class AuditSeal(models.Model):
    """The place of one audit event in the chain; written by ``core.trail`` when it is committed.

    ``content`` is a digest of what the event says, ``seal`` one of the seal before, the position
    and the content. The seal stays when a rule of retention removes its event; ``retirement``
    then names the run that did, and ``event_id`` what was there.
    """

    position = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    content = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)
    retirement = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}:{self.seal}"


class AuditHead(models.Model):
    """Where the chain ends; one row. ``trail`` is drawn once and is what the chain begins with."""

    trail = models.CharField(max_length=32)
    position = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(name="audit_head_is_one", condition=models.Q(pk=1)),
        ]

    def __str__(self) -> str:
        return "Audit trail"


class Job(models.Model):
    """A piece of background work in the queue; written by ``core.jobs`` alone."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        PARKED = "parked", "parked"

    name = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(max_length=40, blank=True)
    unique_key = models.CharField(max_length=120, null=True, unique=True)
    slot = models.DateTimeField(null=True)
    progress_pct = models.PositiveSmallIntegerField(default=0)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "run_at"], name="job_due")]
        constraints = [
            models.UniqueConstraint(fields=["name", "slot"], name="job_once_a_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class JobRun(models.Model):
    """One try of one background job: what ran, when, how long, how it ended."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="runs")
    name = models.CharField(max_length=80, db_index=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.outcome}"


class JobRunner(models.Model):
    """A process that runs jobs, and when it was last seen alive."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
