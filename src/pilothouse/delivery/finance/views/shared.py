# SPDX-License-Identifier: Apache-2.0
"""What the pages of a project's money share: forms that stand over them, and pages of one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from pilothouse.delivery.finance.forms.budgets import note_field, read_note
from pilothouse.delivery.finance.views.parts import project_form
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.pages import Field, FormPage, Notice, Section, as_text, form_page
from pilothouse.foundation.core.parsing import Reader

Values = Mapping[str, Any]


def form_over(
    project: Project,
    title: str,
    fields: Sequence[Field],
    *,
    back: str,
    over: str,
    values: Values | None = None,
    version: int | None = None,
    submit: str = "",
    lead: str = "",
    notes: Sequence[str] = (),
    danger: bool = False,
) -> FormPage:
    """A form over a page of the project's money; ``over`` is the name of that page."""
    page = project_form(
        project,
        title,
        [Section("", fields)] if fields else [],
        back=(over, back),
        submit=submit or _("Save"),
        lead=lead,
        initial={name: as_text(value) for name, value in (values or {}).items()},
        version=version,
        danger=danger,
    )
    return replace(page, notices=[Notice("warning", text) for text in notes])


def step_page(
    request: HttpRequest,
    page: FormPage,
    do: Callable[[int, str], object],
    *,
    needed: bool,
    said: str,
) -> HttpResponse:
    """A step that is confirmed with a note, or where it is ``needed`` with a reason."""

    def save() -> str:
        reader = Reader(request.POST)
        version, note = reader.version(), read_note(reader, needed=needed)
        reader.check("finance.entry")
        do(version, note)
        messages.success(request, said)
        return page.cancel

    return form_page(request, page, save)


def note_fields(*, needed: bool) -> list[Field]:
    """The one field of such a step."""
    return [note_field(needed=needed)]
