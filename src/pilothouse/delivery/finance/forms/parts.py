# SPDX-License-Identifier: Apache-2.0
"""Fields that several forms of money share."""

from __future__ import annotations

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.models import Category, Nature
from pilothouse.delivery.finance.models.kinds import REASON_LENGTH
from pilothouse.foundation.core.pages import Field, Options
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import Currency

NUMBER = {"inputmode": "decimal", "autocomplete": "off"}
PLACES = 4
MOST = LARGEST


def categories() -> Options:
    return [("", "–"), *((value, _(str(label))) for value, label in Category.choices)]


def natures() -> Options:
    return [("", "–"), *((value, _(str(label))) for value, label in Nature.choices)]


def currencies() -> Options:
    return [(row.code, f"{row.code} {row.name}") for row in Currency.objects.all()]


def currency_field(label: str = "") -> Field:
    return Field("currency", label or _("Currency"), "select", True, options=currencies())


def reason_field(hint: str = "", *, required: bool = True) -> Field:
    return Field("reason", _("Reason"), "textarea", required, hint, wide=True)


def read_reason(reader: Reader) -> str:
    """The reason of a decision; the service says where one is needed."""
    return reader.text("reason", REASON_LENGTH)
