# SPDX-License-Identifier: Apache-2.0
"""Reading what people typed: one typed value per field, one message per mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from pilothouse.foundation.core import plausible
from pilothouse.foundation.core.errors import Invalid

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Entered:
    """A form that was understood: values by field, the version it was made from, the reason."""

    values: dict[str, Any]
    version: int | None
    reason: str


def page_number(data: Mapping[str, str]) -> int:
    """The page that an address asks for; nonsense is the first one."""
    text = data.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d*)?")


def number_of(text: str) -> Decimal | None:
    """A number with a decimal point; thousands may be set off by commas or spaces.

    A comma anywhere else is refused, for ``1250,50`` must not become 125,050. None is no text.
    Raises: ValueError.
    """
    plain = re.sub(r"[ \u00a0\u202f]", "", text).replace("−", "-")
    if not plain:
        return None
    if "," in plain and not _THOUSANDS.fullmatch(plain):
        raise ValueError(text)
    try:
        value = Decimal(plain.replace(",", ""))
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite():
        raise ValueError(text)
    return value


class Reader:
    """Collects every mistake of a form, so that all are told at once by ``check``."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self._data = data
        self.problems: dict[str, str] = {}

    def _raw(self, name: str) -> str:
        return self._data.get(name, "").replace("\0", "").strip()

    def wrong(self, name: str, message: str) -> None:
        """Note a mistake; the first one of a field stands."""
        self.problems.setdefault(name, message)

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """Trimmed text of at most ``limit`` characters."""
        value = self._raw(name)
        if required and not value:
            self.wrong(name, "Needed.")
        if len(value) > limit:
            self.wrong(name, f"At most {limit} characters; these are {len(value)}.")
        return value[:limit]

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A day that ``plausible.day`` takes."""
        value = self._raw(name)
        if not value:
            if required:
                self.wrong(name, "Choose a day.")
            return None
        try:
            found = date.fromisoformat(value)
        except ValueError:
            self.wrong(name, f"‘{value[:40]}’ is no date; write it as 2026-11-30.")
            return None
        try:
            plausible.day(found)
        except ValidationError as error:
            self.wrong(name, str(error.message))
            return None
        return found

    def decimal(
        self,
        name: str,
        *,
        low: Decimal | None = None,
        high: Decimal = plausible.LARGEST,
        places: int = 2,
        required: bool = False,
    ) -> Decimal | None:
        """A number with at most ``places`` decimals; thousands may be set off by commas."""
        value = self._raw(name)
        try:
            found = number_of(value)
        except ValueError:
            self.wrong(name, f"‘{value[:40]}’ is no number; write it as 1,250,000.50.")
            return None
        if found is None:
            if required:
                self.wrong(name, "Needed.")
            return None
        if abs(found) > high:
            self.wrong(name, f"‘{value[:40]}’ is out of range.")
            return None
        if low is not None and found < low:
            self.wrong(name, f"At least {low}.")
            return None
        if found != round(found, places):
            self.wrong(name, f"At most {places} decimals.")
            return None
        return found

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within limits."""
        value = self._raw(name)
        if not value and default is not None:
            return default
        if not value.isdecimal() or len(value) > 12 or not low <= int(value) <= high:
            self.wrong(name, f"A whole number from {low} to {high}.")
            return low
        return int(value)

    def choice(self, name: str, allowed: Iterable[str], *, required: bool = True) -> str:
        """One of a list of keys."""
        value = self._raw(name)
        if not value and not required:
            return ""
        if value not in set(allowed):
            self.wrong(name, "Choose one of the list.")
            return ""
        return value

    def row(self, name: str, rows: models.QuerySet[Row], *, required: bool = False) -> Row | None:
        """The row of this key among those that may be chosen."""
        value = self._raw(name)
        if not value:
            if required:
                self.wrong(name, "Choose one.")
            return None
        key: str | int = value
        if isinstance(rows.model._meta.pk, models.AutoField):
            key = int(value) if value.isdecimal() and len(value) < 16 else 0
        found = rows.filter(pk=key).first()
        if found is None:
            self.wrong(name, "This one cannot be chosen; choose one of the list.")
        return found

    def flag(self, name: str) -> bool:
        """A ticked box."""
        return self._raw(name) in {"on", "yes", "true", "1"}

    def version(self) -> int:
        """The version the form was made from; a form without one cannot be saved safely."""
        value = self._raw("version")
        if not value.isdecimal() or len(value) > 9:
            self.wrong("version", "Reload the page and enter it again.")
            return 0
        return int(value)

    def check(self, code: str) -> None:
        """Raise Invalid with all mistakes found."""
        if self.problems:
            count = len(self.problems)
            words = "One entry needs" if count == 1 else f"{count} entries need"
            raise Invalid(code, f"{words} your attention; nothing was saved.", fields=self.problems)
