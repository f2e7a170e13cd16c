# SPDX-License-Identifier: Apache-2.0
"""What the pages of one entry share: forms that stand over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry
from pilothouse.delivery.raid.queries.opening import level_of
from pilothouse.foundation.core.pages import FormPage, Notice, Section, form_page
from pilothouse.foundation.core.parsing import Reader

Steps = list[tuple[str, str]]


def trail(place: rules.Place) -> Steps:
    """Where the pages of a register are."""
    level = level_of(place)
    home = "portfolio:project" if level == "project" else f"projects:{level}"
    return [
        (place.code, reverse(home, args=[place.pk])),
        (_("RAID"), reverse(f"raid:{level}", args=[place.pk])),
    ]


def entry_form(
    entry: Entry,
    title: str,
    sections: Sequence[Section],
    *,
    submit: str = "",
    lead: str = "",
    initial: Mapping[str, str] | None = None,
    version: int | None = None,
    notices: Sequence[Notice] = (),
    danger: bool = False,
) -> FormPage:
    """A form over an entry."""
    back = reverse("raid:entry", args=[entry.pk])
    return FormPage(
        title=title,
        crumbs=[*trail(entry.place), (entry.code, back), (title, "")],
        sections=sections,
        submit=submit or title,
        cancel=back,
        initial=initial or {},
        lead=lead or f"{entry.code} {entry.title}",
        version=entry.version if version is None else version,
        notices=notices,
        danger=danger,
    )


def stepped(
    request: HttpRequest, page: FormPage, take: Callable[[Reader, int], str], done: str
) -> HttpResponse:
    """A form of which ``take`` reads the fields and does it; gives the address to go on at."""

    def save() -> str:
        reader = Reader(request.POST)
        address = take(reader, reader.version())
        messages.success(request, done)
        return address or page.cancel

    return form_page(request, page, save)
