# SPDX-License-Identifier: Apache-2.0
"""Drawings of the engine on pages and as files, written in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.http import HttpResponse
from django.utils.dates import MONTHS_3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from pilothouse.engine.drawing import Drawing, Mark, Style, Words
from pilothouse.foundation.core.pages import attachment

PAPERS: Mapping[str, tuple[str, float]] = {"a4": ("A4", 1500), "a3": ("A3", 2100)}
"""Sheets to print on, and how wide a drawing may be on each: its letters stay above 5.8 points."""
SHEET = 190 / 277
"""Height of a sheet in landscape with 10 mm of margin, of its width; A3 has the same to 0.001."""


def words() -> Words:
    """Names of months and quarters, and of the days that are marked."""
    return Words(
        months=[str(MONTHS_3[month]).capitalize() for month in range(1, 13)],
        quarter=_("Q{}"),
        left_out=_("{} more are not drawn for want of room"),
    )


def day_marks(today: date, status: date | None = None) -> list[Mark]:
    """The lines of today and of the status date; one line where they are the same."""
    now = Mark(today, _("Today"), Style.TODAY, Style.TEXT_TODAY)
    if status is None:
        return [now]
    if status == today:
        return [Mark(today, _("Today, status date"), Style.TODAY, Style.TEXT_TODAY)]
    return [now, Mark(status, _("Status date"), Style.STATUS, Style.TEXT_STATUS)]


def inline(drawing: Drawing, *, natural: bool = False) -> SafeString:
    """The drawing as part of a page; its texts are escaped by the writer."""
    return mark_safe(drawing.svg(natural=natural))  # noqa: S308


def svg_file(drawing: Drawing, name: str) -> HttpResponse:
    """The drawing as a file of its own."""
    return attachment(f"{name}.svg", "image/svg+xml", drawing.svg(file=True))
