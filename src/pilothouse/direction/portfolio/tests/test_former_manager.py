# SPDX-License-Identifier: Apache-2.0
"""A manager whose role has ended is marked on the list, in its files and by API (R-ORG-07)."""

import csv
import io
from datetime import timedelta

import pytest

from cast import make_project
from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.delivery.projects.queries import manager_until, staff_of
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.organisation.models import segment


def hold(user, scope_type, scope_id, *, first=-400, last=None, role=Role.PM, voided=False):
    today = clock.today()
    return RoleAssignment.objects.create(
        person=user,
        role=role,
        scope_type=scope_type,
        scope_id=scope_id,
        office_id=0,
        valid_from=today + timedelta(days=first),
        valid_to=None if last is None else today + timedelta(days=last),
        voided=voided,
    )


@pytest.fixture
def former(cast):
    """Harbour, whose manager's role ended a week ago."""
    RoleAssignment.objects.filter(person=cast.piet).delete()
    hold(cast.piet, "project", cast.harbour.pk, last=-7)
    refresh_performance(project_id=cast.harbour.pk, today=clock.today())
    return clock.today() - timedelta(days=7)


def test_list_files_and_api_say_until_when(client, cast, former):
    client.force_login(cast.ada)

    assert f"manager until {written(former)}" in client.get("/").text
    rows = list(
        csv.DictReader(io.StringIO(client.get("/export/?format=csv").content.decode("utf-8-sig")))
    )
    assert [(row["Manager"], row["Manager until"]) for row in rows if row["Code"] == "HARB"] == [
        ("Piet Example", former.isoformat())
    ]
    (found,) = [
        row for row in client.get("/api/v1/projects").json()["items"] if row["code"] == "HARB"
    ]
    assert (found["manager"], found["manager_until"]) == ("Piet Example", former.isoformat())
    one = client.get(f"/api/v1/projects/{cast.harbour.pk}").json()
    assert one["pm"]["name"] == "Piet Example"
    assert one["roles_ended"] == {"pm": former.isoformat()}


def test_a_manager_in_office_has_no_mark(client, cast):
    refresh_performance(project_id=cast.harbour.pk, today=clock.today())
    client.force_login(cast.ada)

    assert "manager until" not in client.get("/").text
    assert client.get(f"/api/v1/projects/{cast.harbour.pk}").json()["roles_ended"] == {}


def test_the_mark_goes_with_a_new_role_and_with_a_new_manager(client, cast, former):
    client.force_login(cast.ada)
    assert "manager until" in client.get("/").text

    hold(cast.piet, "project", cast.harbour.pk)
    assert "manager until" not in client.get("/").text

    RoleAssignment.objects.filter(person=cast.piet, valid_to=None).delete()
    Project.objects.filter(pk=cast.harbour.pk).update(pm=cast.rosa)
    refresh_performance(project_id=cast.harbour.pk, today=clock.today())
    page = client.get("/").text
    assert ("Rosa Example" in page, "manager until" in page) == (True, False)


def test_the_past_names_who_was_manager_then_without_a_mark(client, cast, former, publish):
    publish(cast.harbour, clock.today() - timedelta(days=30), stated="green")
    client.force_login(cast.ada)

    page = client.get(f"/?as_of={clock.today() - timedelta(days=20)}").text
    assert ("Piet Example" in page, "manager until" in page) == (True, False)


CASES = {
    "ended": ([("project", {"last": -7})], -7),
    "ended twice": ([("project", {"last": -7}), ("project", {"last": -90})], -7),
    "ends today": ([("project", {"last": 0})], None),
    "void": ([("project", {"last": -7, "voided": True})], None),
    "held again": ([("project", {"last": -7}), ("project", {"first": -3})], None),
    "to come": ([("project", {"last": -7}), ("project", {"first": 3})], -7),
    "ended twice in a row": (
        [("project", {"last": -7}), ("project", {"first": -6, "last": -1})],
        -1,
    ),
    "held above": ([("project", {"last": -7}), ("programme", {})], None),
    "held by portfolio": ([("project", {"last": -7}), ("portfolio", {})], None),
    "held by the portfolio above": ([("project", {"last": -7}), ("parent", {})], None),
    "held by unit": ([("project", {"last": -7}), ("org_unit", {})], None),
    "held by office": ([("project", {"last": -7}), ("root", {})], None),
    "held everywhere": ([("project", {"last": -7}), ("global", {})], None),
    "held elsewhere": ([("project", {"last": -7}), ("other", {}), ("foreign", {})], -7),
    "another role": ([("project", {"last": -7}), ("portfolio", {"role": Role.PFM})], -7),
    "only above": ([("portfolio", {"last": -7})], None),
    "never": ([], None),
}


@pytest.mark.parametrize("case", CASES)
def test_one_read_says_what_the_home_says(cast, case):
    held, days = CASES[case]
    top = Portfolio.objects.create(
        code="TOP",
        name="Top",
        org_unit=cast.unit,
        office_id=cast.office.pk,
        currency=cast.portfolio.currency,
    )
    Portfolio.objects.filter(pk=top.pk).update(path=segment(top.pk))
    path = segment(top.pk) + segment(cast.portfolio.pk)
    Portfolio.objects.filter(pk=cast.portfolio.pk).update(parent=top, path=path)
    RoleAssignment.objects.filter(person=cast.piet).delete()
    Project.objects.filter(pk=cast.harbour.pk).update(programme=cast.programme)
    other = make_project(cast.portfolio, "OTHER", "Other")
    scopes = {
        "project": ("project", cast.harbour.pk),
        "programme": ("programme", cast.programme.pk),
        "portfolio": ("portfolio", cast.portfolio.pk),
        "parent": ("portfolio", top.pk),
        "org_unit": ("org_unit", cast.unit.pk),
        "root": ("org_unit", cast.office.pk),
        "global": ("global", 0),
        "other": ("project", other.pk),
        "foreign": ("org_unit", cast.other_office.pk),
    }
    for place, values in held:
        hold(cast.piet, *scopes[place], **values)

    today = clock.today()
    found = Project.objects.annotate(until=manager_until(today)).get(pk=cast.harbour.pk)
    lapsed = staff_of(
        Project.objects.select_related("portfolio__org_unit").get(pk=cast.harbour.pk)
    ).lapsed.get("pm")
    assert found.until == (None if days is None else today + timedelta(days=days))
    assert found.until == (lapsed and lapsed.last_day)
