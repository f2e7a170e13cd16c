# SPDX-License-Identifier: Apache-2.0
"""The backlog: in its order, written into line by line, changed one by one or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.agile import export as files
from pilothouse.delivery.agile import forms, queries, rules, services
from pilothouse.delivery.agile.lines import read_lines
from pilothouse.delivery.agile.models import BacklogItem
from pilothouse.delivery.agile.words import EMPTY_WORDS, HOW_TO_WRITE, SHOWN_WORDS
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Notice,
    Section,
    address_of,
    as_text,
    attachment,
    form_page,
)
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.core.tables import TYPES, file_name, kind_of

LINES_LENGTH = 60_000
NEW = {"method": "agile", "velocity_sprints": "3", "sprint_days": "14"}


@require_GET
def show(request: HttpRequest, project_id: int) -> HttpResponse:
    """The backlog in its order, a hundred items at a time."""
    return shown(request, project_id)


def shown(
    request: HttpRequest, project_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    """The page of the backlog, with what was refused above it."""
    wanted = forms.wanted_of(request.GET, queries.SHOWN)
    page = queries.backlog_page(actor_of(request), project_id, wanted, page_number(request.GET))
    if isinstance(page, queries.Opened):
        return render(request, "agile/none.html", {"opened": page})
    context = {
        "page": page,
        "may": page.opened.may,
        "address": address_of(request),
        "filters": [(name, SHOWN_WORDS[name], page.counts[name]) for name in queries.SHOWN],
        "nothing": EMPTY_WORDS[wanted.show],
        "how_to_write": HOW_TO_WRITE,
        "kinds": BacklogItem.Kind.choices,
        "states": BacklogItem.State.choices,
        "error": error,
    }
    return render(request, "agile/backlog.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, project_id: int) -> HttpResponse:
    """Let the project work in sprints."""
    actor = actor_of(request)
    opened = queries.open_backlog(actor, project_id)
    rules.require_on_backlog(actor, opened.project, "C")

    def save() -> str:
        reader = Reader(request.POST)
        values = forms.read_settings(reader, whole=False)
        reader.check("agile.entry")
        services.begin_backlog(actor=actor, project=opened.project, values=values)
        messages.success(request, _("The backlog is there. Type the first item into the line."))
        return reverse("agile:backlog", args=[project_id])

    page = page_over_backlog(
        opened.project,
        _("Work in sprints"),
        forms.settings_fields(whole=False),
        lead=_("Backlog, sprints and releases of one team; the milestones stay in the plan."),
        initial=NEW,
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, project_id: int) -> HttpResponse:
    """How the team counts, and what the columns of its board take."""
    actor = actor_of(request)
    opened = queries.open_backlog(actor, project_id)
    backlog = opened.require()
    rules.require_on_backlog(actor, opened.project, "C")
    fields = forms.settings_fields(whole=True)

    def save() -> str:
        reader = Reader(request.POST)
        version, values = reader.version(), forms.read_settings(reader, whole=True)
        reader.check("agile.entry")
        services.change_settings(actor=actor, backlog=backlog, values=values, version=version)
        messages.success(request, _("The settings are kept."))
        return reverse("agile:backlog", args=[project_id])

    page = page_over_backlog(
        opened.project,
        _("Settings of the backlog"),
        fields,
        initial={item.name: as_text(getattr(backlog, item.name)) for item in fields},
        version=backlog.version,
        submit=_("Save"),
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, project_id: int) -> HttpResponse:
    """Add items written line by line, one or a whole list."""
    actor = actor_of(request)
    opened = queries.open_backlog(actor, project_id)
    opened.require()
    rules.require_add(actor, opened.project)
    choices = queries.choices_of(opened.project)
    fields = [
        Field(
            "lines",
            _("Items"),
            "textarea",
            True,
            str(HOW_TO_WRITE),
            wide=True,
            attrs={"rows": "12"},
        )
    ]
    if opened.may.orders:
        fields += [
            Field("epic", _("Epic"), "select", options=forms.options(choices.epics)),
            Field("release", _("Release"), "select", options=forms.options(choices.releases)),
            Field("sprint", _("Sprint"), "select", options=forms.options(choices.sprints)),
        ]

    def save() -> str:
        made = _add(request, opened)
        words = ngettext("%(n)s item is added.", "%(n)s items are added.", len(made))
        messages.success(request, words % {"n": len(made)})
        return reverse("agile:backlog", args=[project_id]) + "#end"

    page = page_over_backlog(opened.project, _("Add items"), fields, submit=_("Add"))
    return form_page(request, page, save)


def _add(request: HttpRequest, opened: queries.Opened) -> Sequence[BacklogItem]:
    reader = Reader(request.POST)
    text = reader.text("lines", LINES_LENGTH, required=True)
    planned = forms.read_planned(reader, opened.project.pk) if opened.may.orders else {}
    found = read_lines(text)
    if found.wrong:
        told = [f"Line {number}: {what}" for number, what in list(found.wrong.items())[:10]]
        reader.wrong("lines", " ".join(told))
    elif not found.drafts:
        reader.wrong("lines", "Write at least one item.")
    reader.check("agile.lines")
    return services.add_items(
        actor=actor_of(request),
        project=opened.project,
        drafts=found.drafts,
        today=clock.today(),
        common={name: row for name, row in planned.items() if row is not None},
    )


@require_POST
def change_many(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give the chosen items the same values."""
    actor = actor_of(request)
    opened = queries.open_backlog(actor, project_id)
    try:
        ids, values = forms.read_bulk(request.POST, project_id)
        rows = services.change_items(
            actor=actor, project=opened.project, ids=ids, values=values, today=clock.today()
        )
    except (Invalid, Conflict) as error:
        return shown(request, project_id, error)
    words = ngettext("%(n)s item is changed.", "%(n)s items are changed.", len(rows))
    messages.success(request, words % {"n": len(rows)})
    return redirect(reverse("agile:backlog", args=[project_id]) + _query(request))


@require_GET
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """One item: what it says, where it is planned, which sprints it was in, what lies below it."""
    page = queries.item_page(actor_of(request), item_id)
    return render(request, "agile/item.html", {"page": page, "item": page.item})


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, item_id: int) -> HttpResponse:
    """Change what an item says, how far it is, and what it is planned into."""
    actor = actor_of(request)
    row = queries.item_of(actor, item_id)
    rules.require_change(actor, row)
    orders = rules.may_of(actor, row.project).orders

    def save() -> str:
        reader = Reader(request.POST)
        version, values = reader.version(), forms.read_item(reader, row, orders=orders)
        reader.check("agile.entry")
        services.change_item(
            actor=actor, item=row, values=values, version=version, today=clock.today()
        )
        messages.success(request, _("%(key)s is saved.") % {"key": row.key})
        return reverse("agile:item", args=[row.pk])

    page = page_over_backlog(
        row.project,
        _("Change the item"),
        forms.item_fields(row, queries.choices_of(row.project), orders=orders),
        lead=row.key,
        initial=forms.item_initial(row),
        version=row.version,
        inside=(row.key, reverse("agile:item", args=[row.pk])),
        submit=_("Save"),
    )
    return form_page(request, page, save)


@require_POST
def order(request: HttpRequest, item_id: int) -> HttpResponse:
    """Move an item before or after another one, or to the top or the end."""
    actor = actor_of(request)
    row = queries.item_of(actor, item_id)
    beside = {}
    for name in ("before", "after"):
        text = request.POST.get(name, "")
        if text.isascii() and text.isdecimal() and len(text) < 16:
            beside[name] = queries.item_of(actor, int(text))
    try:
        services.move_item(
            actor=actor,
            item=row,
            before=beside.get("before"),
            after=beside.get("after"),
            to_top=request.POST.get("to") == "top",
        )
    except Invalid as error:
        return shown(request, row.project_id, error)
    return redirect(reverse("agile:backlog", args=[row.project_id]) + _query(request))


@require_GET
def export(request: HttpRequest, project_id: int, kind: str) -> HttpResponse:
    """The backlog as a table, in its order, as the filters leave it."""
    opened = queries.open_backlog(actor_of(request), project_id)
    opened.require()
    wanted = forms.wanted_of({"show": "all", **request.GET.dict()}, queries.SHOWN)
    body = files.backlog_file(
        opened.project, queries.items_of(opened.project, wanted), kind_of(kind)
    )
    return attachment(file_name(kind, "backlog", opened.project.code), TYPES[kind], body)


def _query(request: HttpRequest) -> str:
    """The filters and the page that the form was sent from."""
    text = request.GET.urlencode()
    return f"?{text}" if text else ""


def page_over_backlog(
    project: Project,
    title: str,
    fields: Sequence[Field],
    *,
    submit: str = "",
    lead: str = "",
    initial: Mapping[str, str] | None = None,
    version: int | None = None,
    inside: tuple[str, str] | None = None,
    notices: Sequence[Notice] = (),
    note: str = "",
    danger: bool = False,
) -> FormPage:
    """A form that leads back to the backlog, or to the page of it that it lies ``inside``."""
    backlog = _("Backlog"), reverse("agile:backlog", args=[project.pk])
    way = [backlog] if inside is None else [backlog, inside]
    return FormPage(
        title=title,
        crumbs=[
            (project.code, reverse("portfolio:project", args=[project.pk])),
            *way,
            (title, ""),
        ],
        sections=[Section("", fields, note)],
        submit=submit or title,
        cancel=way[-1][1],
        lead=lead,
        initial=initial or {},
        version=version,
        notices=notices,
        danger=danger,
    )
