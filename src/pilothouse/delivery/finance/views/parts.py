# SPDX-License-Identifier: Apache-2.0
"""What the pages of money share: their places in the house, and pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from pilothouse.delivery.finance.forms.parts import read_reason
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.pages import (
    Address,
    Field,
    FormPage,
    Notice,
    Section,
    address_of,
    form_page,
)
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.organisation.models import OrgUnit

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of a list, and what its pager needs."""

    rows: Sequence[Any]
    page: int
    pages: int
    total: int
    address: Address


def shown(request: HttpRequest, rows: QuerySet[Model]) -> Shown:
    """The page of a list that is asked for."""
    pages = Paginator(rows, PER_PAGE)
    found = pages.get_page(page_number(request.GET))
    return Shown(list(found), found.number, pages.num_pages, pages.count, address_of(request))


def reasoned(
    request: HttpRequest, page: FormPage, take: Callable[..., object], done: str
) -> HttpResponse:
    """A form that asks why alone: ``take`` gets version and reason, ``done`` says that it did."""

    def save() -> str:
        reader = Reader(request.POST)
        reason, version = read_reason(reader), reader.version()
        reader.check("finance.entry")
        take(version=version, reason=reason)
        messages.success(request, done)
        return page.cancel

    return form_page(request, page, save)


def desk_form(
    office: OrgUnit,
    title: str,
    fields: Sequence[Field],
    *,
    back: str,
    submit: str,
    lead: str = "",
    initial: Mapping[str, str] | None = None,
    version: int | None = None,
    notices: Sequence[Notice] = (),
    danger: bool = False,
    blocked: bool = False,
) -> FormPage:
    """A form of the finance desk of an office; ``back`` is the list that it came from."""
    return FormPage(
        title=title,
        crumbs=[
            (_("Settings"), reverse("organisation:settings")),
            (_("Finance desk"), reverse("finance:periods", args=[office.pk])),
            (title, ""),
        ],
        sections=[Section("", fields)],
        submit=submit,
        cancel=back,
        initial=initial or {},
        lead=lead or office.name,
        version=version,
        notices=notices,
        blocked=blocked,
        danger=danger,
    )


def project_form(
    project: Project,
    title: str,
    sections: Sequence[Section],
    *,
    back: tuple[str, str],
    submit: str,
    lead: str = "",
    initial: Mapping[str, str] | None = None,
    version: int | None = None,
    notices: Sequence[Notice] = (),
    danger: bool = False,
) -> FormPage:
    """A form of the money of a project; ``back`` is the page that it came from."""
    return FormPage(
        title=title,
        crumbs=[
            (_("Portfolio"), reverse("portfolio:list")),
            (project.code, reverse("portfolio:project", args=[project.pk])),
            back,
            (title, ""),
        ],
        sections=sections,
        submit=submit,
        cancel=back[1],
        initial=initial or {},
        lead=lead or project.name,
        version=version,
        notices=notices,
        danger=danger,
    )
