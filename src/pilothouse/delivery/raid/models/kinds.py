# SPDX-License-Identifier: Apache-2.0
"""Kinds, states and lengths that the tables of the registers share (DOMAIN 8.1, 8.2)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

TITLE_LENGTH = 300
NAME_LENGTH = 200
TAGS_LENGTH = 300
SCALE = (1, 2, 3, 4, 5)
"""Steps of probability and of impact, the lowest first."""


class Kind(models.TextChoices):
    """What an entry of a register is."""

    RISK = "risk", "Risk"
    ISSUE = "issue", "Issue"
    ASSUMPTION = "assumption", "Assumption"
    DECISION = "decision", "Decision"
    ACTION = "action", "Action"


class Level(models.TextChoices):
    """Who holds an entry; each level is above the one before."""

    PROJECT = "project", "Project"
    PROGRAMME = "programme", "Programme"
    PORTFOLIO = "portfolio", "Portfolio"
    BOARD = "board", "Investment board"


class Dimension(models.TextChoices):
    """What an impact is on; the impact of a risk is the greatest of them."""

    COST = "cost", "Cost"
    TIME = "time", "Time"
    SCOPE = "scope", "Scope or quality"
    BENEFIT = "benefit", "Benefit"
    REPUTATION = "reputation", "Reputation"


class Aspect(models.TextChoices):
    """At which moment a risk is rated."""

    INHERENT = "inherent", "Inherent"
    CURRENT = "current", "Current"
    RESIDUAL = "residual", "Residual"
    TARGET = "target", "Target"


class Rating(models.TextChoices):
    """What a score is called."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    VERY_HIGH = "very_high", "Very high"


def person(**more: Any) -> models.ForeignKey:  # type: ignore[type-arg]
    """Somebody, or nobody yet."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        **more,
    )


def moment() -> models.DateTimeField:  # type: ignore[type-arg]
    """When something happened or is due; not yet, or never."""
    return models.DateTimeField(null=True, blank=True, editable=False)


def step_of_scale(**more: Any) -> models.PositiveSmallIntegerField:  # type: ignore[type-arg]
    """1 to 5, or not rated."""
    return models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)], **more
    )
