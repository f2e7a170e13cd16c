# SPDX-License-Identifier: Apache-2.0
"""What a cost is for, and columns that several tables share."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

CODE_LENGTH = 40
NAME_LENGTH = 200
REASON_LENGTH = 1000


class Category(models.TextChoices):
    LABOUR_INTERNAL = "labour_internal", "Internal labour"
    LABOUR_EXTERNAL = "labour_external", "External labour"
    HARDWARE = "hardware", "Hardware"
    SOFTWARE = "software", "Software"
    SERVICES = "services", "Services"
    TRAVEL = "travel", "Travel"
    OTHER = "other", "Other"


class Nature(models.TextChoices):
    CAPEX = "capex", "Capex"
    OPEX = "opex", "Opex"


def category() -> models.CharField[str, str]:
    return models.CharField(max_length=16, choices=Category.choices)


def nature() -> models.CharField[str, str]:
    return models.CharField(max_length=5, choices=Nature.choices)


def wbs() -> models.CharField[str, str]:
    """A code of the work breakdown; empty: the project as a whole."""
    return models.CharField(max_length=CODE_LENGTH, blank=True)


def rate() -> models.DecimalField[Decimal, Decimal]:
    """Units of the project's currency for one of the row's; 1 where they are the same."""
    return models.DecimalField(
        max_digits=20, decimal_places=10, validators=[MinValueValidator(Decimal("0.0000000001"))]
    )


def who() -> models.ForeignKey:  # type: ignore[type-arg]
    """Who took a step; nobody yet, or the system."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )


def when() -> models.DateTimeField:  # type: ignore[type-arg]
    """When a step was taken."""
    return models.DateTimeField(null=True, blank=True, editable=False)
