# SPDX-License-Identifier: Apache-2.0
"""Names that want to be markup, in every field that people fill in, on every page there is."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse

sys.path.insert(0, str(Path(__file__).parent))

from test_every_page import PAGES, UNFOLD, sent_to_the_door

from pilothouse.direction.performance.models import PerformanceSnapshot

HOSTILE = "\"'><img src=x onerror=hit()><script>hit()</script></title><b class=hit>"
WRITTEN = frozenset(
    {
        "attribution", "code", "description", "file_name", "full_name", "job_title", "label",
        "name", "next_milestone", "notes", "owner_name", "project_type", "purpose", "reason",
        "scope_statement", "source", "source_name", "stated_comment", "stated_label",
        "technology_owner_waiver", "title", "wbs",
    }
)  # fmt: skip
"""Fields that hold what somebody wrote, in whatever model they are."""

LOOK = """() => {
    const made = document.querySelectorAll("img[src='x'], b.hit, [onerror]").length;
    return [made, window.wasHit === true, document.documentElement.innerHTML.includes("onerror")];
}"""


def texts(model: type[models.Model]) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and field.name in WRITTEN
        and not field.choices
    ]


@pytest.fixture(scope="module")
def hostile(furnished):
    """The furnished offices, in which everything has a hostile name."""
    changed = 0
    for model in apps.get_models():
        if not model.__module__.startswith("pilothouse.") or not texts(model):
            continue
        for row in model.objects.all():
            values = {}
            for field in texts(model):
                if getattr(row, field.attname):
                    mark, room = str(row.pk), field.max_length or 500
                    values[field.attname] = HOSTILE[: room - len(mark)] + mark
            if values:
                # Also where a model refuses to be changed: the page has to stand what is stored.
                model._base_manager.filter(pk=row.pk).update(**values)
                changed += 1
    for row in PerformanceSnapshot.objects.all():
        PerformanceSnapshot.objects.filter(pk=row.pk).update(
            comments={"rating": HOSTILE}, stamp=secrets.randbits(60)
        )
    assert changed > 60
    return furnished


@pytest.fixture(scope="module")
def windows(axe_windows, hostile):
    """A window for each person, in which a script that gets in would leave a trace."""
    opened = {}

    def window_of(who: str):
        if who not in opened:
            opened[who] = axe_windows()
            opened[who].context.add_init_script("window.hit = () => { window.wasHit = true; };")
            opened[who].come_as(who)
        return opened[who]

    return window_of


def test_no_name_becomes_markup_on_any_page(windows, hostile):
    faults, told = [], 0
    for name, examples in PAGES.items():
        for example in examples:
            window = windows(example.who)
            window.watch.allowed = {example.status} if example.status >= 400 else set()
            query = example.query.format(f=hostile)
            address = reverse(name, args=example.arguments(hostile)) + query
            window.page.goto(address)
            faults += [f"{address}: {fault}" for fault in sent_to_the_door(window.page, address)]
            if example.unfold:
                window.page.evaluate(UNFOLD)
            made, was_hit, shown = window.page.evaluate(LOOK)
            told += shown
            if made or was_hit:
                faults.append(f"{address}: {made} elements made, a script ran: {was_hit}")
            faults += [f"{address}: {fault}" for fault in window.watch.faults]
            window.watch.faults.clear()

    assert faults == []
    assert told > 50, "the pages show the hostile names, as text"
