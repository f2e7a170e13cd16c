# SPDX-License-Identifier: Apache-2.0
"""Assumptions, decisions and actions (8.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.raid.models.entries import Entry
from pilothouse.delivery.raid.models.kinds import NAME_LENGTH, TITLE_LENGTH, person
from pilothouse.foundation.core import plausible


def _long() -> models.TextField[str, str]:
    return models.TextField(blank=True, validators=[plausible.long_text])


class Assumption(Entry):
    """What the plan takes for true; ``due`` is the day by which it is to be validated."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        VALIDATED = "validated", "Validated"
        INVALIDATED = "invalidated", "Invalidated"
        EXPIRED = "expired", "Expired"

    impact_if_false = _long()
    outcome = _long()

    rows: ClassVar[models.Manager[Assumption]] = models.Manager()


class Decision(Entry):
    """A question and its answer; immutable once it is decided. ``title`` is the question."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        DECIDED = "decided", "Decided"
        IMPLEMENTED = "implemented", "Implemented"
        SUPERSEDED = "superseded", "Superseded"

    options = models.JSONField(default=list, blank=True)
    decided_by = models.CharField(max_length=NAME_LENGTH, blank=True)
    decided_on = models.DateField(null=True, blank=True, validators=[plausible.day])
    answer = models.CharField(max_length=TITLE_LENGTH, blank=True)
    rationale = _long()
    reversible = models.BooleanField(default=True)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    rows: ClassVar[models.Manager[Decision]] = models.Manager()


class Action(Entry):
    """Something that one person does by a day. ``reminded`` is the last reminder, in days to it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        IN_PROGRESS = "in_progress", "In progress"
        DONE = "done", "Done"
        VERIFIED = "verified", "Verified"
        CANCELLED = "cancelled", "Cancelled"

    cost = MoneyField(null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    done_on = models.DateField(null=True, blank=True, editable=False)
    done_by = person(editable=False)
    done_note = _long()
    reminded = models.SmallIntegerField(null=True, blank=True, editable=False)

    rows: ClassVar[models.Manager[Action]] = models.Manager()
