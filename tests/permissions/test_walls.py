# SPDX-License-Identifier: Apache-2.0
"""Walls that every address and operation must hold: other offices, ended roles, classification.

The lines of ``table.txt`` are walked again under a changed state of the world, so that a new line
is held against every wall from its first day.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import walking
from django.utils import timezone
from walking import Line

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.access.models import RoleAssignment

PEOPLE, TABLE = walking.read_table()
pytestmark = pytest.mark.django_db

FOREIGN = ("Foreign runway", "SECRET", "Runways", "RUNW", "Landing", "Airport", "Nia Example")
"""Everything that only the other office may read; nobody of the first office ever does."""

OWN = {
    "POST notices:go",
    "POST accounts:token-revoke",
    "GET accounts:session-end",
    "POST accounts:session-end",
    "DELETE api:revoke_token",
    "POST portfolio:view-rename",
    "POST portfolio:view-delete",
    "GET api:read_view",
    "PATCH api:update_view",
    "DELETE api:delete_view",
    "POST projects:delegation-end",
    "POST api:end_delegation",
}
"""What is a person's own whatever role there is: tokens, views, delegations given."""


def ask(house, name: str, line: Line, places=None):
    url = walking.url_of(line, places or house.own)
    form = walking.filled(walking.read_values().get(str(line), {}).get("form", {}), house.own)
    return walking.send(house.browser(name), line, url, form)


def text_of(answer) -> str:
    if answer.get("Content-Type") == "text/event-stream":
        # Versions of a plan, for two minutes; planning/tests/test_live.py reads them.
        return ""
    body = b"".join(answer) if answer.streaming else answer.content
    return body.decode("utf-8", "replace")


def names(line: Line, *numbers: str) -> bool:
    """Whether the address names one of these numbers."""
    if line.address in walking.operations():
        return any("{" + name + "}" in walking.operations()[line.address][1] for name in numbers)
    return any(name in numbers for name in walking.addresses()[line.address].pattern.converters)


# Another office


@pytest.mark.parametrize("line", [line for line in TABLE if line.method == "GET"], ids=str)
def test_no_answer_to_the_first_office_holds_a_word_of_the_other(house, line):
    for name in ("ada", "femi", "tess"):
        with walking.taken_back():
            text = text_of(ask(house, name, line))
        assert [word for word in FOREIGN if word in text] == [], name


NUMBER = re.compile(r"(office-)?\{\w+_id\}")
"""A value of values.toml that names an object by its number."""


def references(line: Line) -> dict[str, str]:
    """Field → the number that the line sends in it."""
    form = walking.read_values().get(str(line), {}).get("form", {})
    return {
        name: value
        for name, value in form.items()
        if isinstance(value, str) and NUMBER.fullmatch(value)
    }


@pytest.mark.parametrize(
    "line",
    [line for line in TABLE if references(line) and line.expected["ada"] in (200, 201, 302)],
    ids=str,
)
def test_a_number_of_the_other_office_is_no_number_wherever_it_is_sent(house, line):
    """What lies in another office does not exist: not in a body, not in the field of a form."""
    url = walking.url_of(line, house.own)
    form = house.form(line, url)
    for field, value in references(line).items():
        foreign = walking.filled(value, house.foreign)
        if foreign == walking.filled(value, house.own):
            continue
        with walking.taken_back() as written:
            answer = walking.send(house.browser("ada"), line, url, {**form, field: foreign})
            assert answer.status_code in (403, 404, 422), field
            assert not written or walking.digest() == house.before


# Ended roles


@pytest.mark.parametrize("line", [line for line in TABLE if str(line) not in OWN], ids=str)
def test_whose_roles_have_ended_gets_what_a_stranger_gets(house, line):
    """R-ORG-07: expired assignments give nothing, not even read."""
    with walking.taken_back():
        yesterday = timezone.localdate() - timedelta(days=1)
        RoleAssignment.objects.update(valid_to=yesterday)
        # The person that addresses lead to is Tess; everybody keeps the own page.
        for name in (
            "ada",
            "piet",
            "rosa",
            "femi",
            "sam",
            *(() if names(line, "person_id") else ("tess",)),
        ):
            with walking.taken_back():
                assert ask(house, name, line).status_code == stranger(house, line), name


def stranger(house, line: Line) -> int:
    with walking.taken_back():
        return ask(house, "otto", line).status_code


# Classification


INSIDE = ("project_id", "workstream_id", "snapshot_id", "assignment_id")
"""Numbers in an address that lead into the project Harbour."""


@pytest.mark.parametrize("line", [line for line in TABLE if names(line, *INSIDE)], ids=str)
def test_a_confidential_project_is_not_there_for_roles_above_it(house, line):
    """R-GEN-10: only for those with a role on it, and for who directs or audits the office."""
    with walking.taken_back():
        Project.objects.filter(pk=house.cast.harbour.pk).update(classification="confidential")
        for name in ("rosa", "femi"):
            with walking.taken_back() as written:
                status = ask(house, name, line).status_code
                assert (name, status) in {(name, 404), (name, stranger(house, line))}
                assert not written or status >= 400


@pytest.mark.parametrize("line", [line for line in TABLE if line.method == "GET"], ids=str)
def test_a_confidential_project_is_named_nowhere(house, line):
    with walking.taken_back():
        Project.objects.filter(pk=house.cast.harbour.pk).update(
            classification="confidential", name="Canary quay", code="CANARY"
        )
        house.cast.harbour.snapshots.update(name="Canary quay")
        for name in ("rosa", "femi"):
            with walking.taken_back():
                assert not re.search("canary", text_of(ask(house, name, line)), re.I), name
