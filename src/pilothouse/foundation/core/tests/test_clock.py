# SPDX-License-Identifier: Apache-2.0
"""The day of the office, whatever the zone of the server."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cast import SYSTEM, person
from pilothouse.delivery.projects.models import StateChange
from pilothouse.delivery.projects.services import update_project
from pilothouse.delivery.projects.tree import states_on
from pilothouse.faces.web.templating import moment
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.jobs import Periodic
from pilothouse.foundation.core.models import AuditEvent, Installation
from pilothouse.foundation.core.queries import as_of, history_of
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.services import set_time_zone

LATE = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
"""Still the 14th in London, already the 15th in Oslo."""


@pytest.fixture
def oslo():
    clock.keep(ZoneInfo("Europe/Oslo"), 600)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 7, 14)),
        ("Europe/Oslo", date(2026, 7, 15)),
        ("America/New_York", date(2026, 7, 14)),
        ("Pacific/Kiritimati", date(2026, 7, 15)),
    ],
)
def test_an_instant_lies_on_the_day_of_the_office(zone, day):
    clock.keep(ZoneInfo(zone), 600)

    assert clock.day_of(LATE) == day
    assert clock.start_of(day) <= LATE < clock.end_of(day)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)]
)
def test_a_day_is_as_long_as_the_clocks_make_it(oslo, day, hours):
    start, end = clock.start_of(day), clock.end_of(day)

    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


def test_times_are_shown_in_the_zone_and_those_of_a_plan_as_they_are(oslo):
    assert moment(LATE) == "15 Jul 2026 00:30"
    assert moment(datetime(2026, 7, 14, 8)) == "14 Jul 2026 08:00"


def test_the_record_and_the_states_of_a_day_end_at_its_midnight(cast, oslo):
    harbour = update_project(
        actor=SYSTEM, project=cast.harbour, values={"name": "Port"}, version=None, reason="Test"
    )
    events = AuditEvent.objects.filter(object_type="project", object_id=cast.harbour.pk)
    events.filter(action="project.create").update(at=LATE - timedelta(days=9))
    events.filter(action="project.update").update(at=LATE)
    StateChange.objects.create(
        project=cast.harbour, from_state="planning", to_state="executing", at=LATE
    )

    assert as_of(harbour, date(2026, 7, 14), ["name"]) == {"name": "Harbour"}
    assert as_of(harbour, date(2026, 7, 15), ["name"]) == {"name": "Port"}
    assert len(history_of(harbour, day=date(2026, 7, 14))) == 1
    assert states_on(date(2026, 7, 14)) == {("project", cast.harbour.pk): "planning"}
    assert states_on(date(2026, 7, 15)) == {}


def test_a_nightly_job_is_due_by_the_clock_of_the_office(oslo):
    nightly = Periodic("refresh", daily_at=time(0, 30))

    assert nightly.slot(LATE) == LATE
    assert nightly.slot(LATE - timedelta(seconds=1)) == LATE - timedelta(days=1)


# Who chooses it


@pytest.fixture
def una(db):
    User.objects.filter(pk=person("Una Example").pk).update(is_system_admin=True)
    return User.objects.get(full_name="Una Example")


def test_an_administrator_chooses_the_zone_with_a_trace(cast, una):
    set_time_zone(actor=una.actor(), time_zone="Europe/Oslo", version=None, reason="We are there")

    assert clock.zone().key == "Europe/Oslo"
    event = AuditEvent.objects.filter(action="installation.update").latest("pk")
    assert (event.before, event.after, event.reason) == (
        {"time_zone": "UTC"},
        {"time_zone": "Europe/Oslo"},
        "We are there",
    )


def test_it_is_utc_until_somebody_chooses(db, django_assert_num_queries):
    clock.forget()

    with django_assert_num_queries(1):
        assert clock.zone().key == clock.zone().key == "UTC"


def test_who_keeps_one_organisation_of_several_does_not_choose_for_all(cast):
    with pytest.raises(NotAllowed, match="holds for every organisation"):
        set_time_zone(actor=cast.ada.actor(), time_zone="Europe/Oslo", version=None)

    RoleAssignment.objects.filter(person=cast.nia).update(office_id=cast.office.pk)
    OrgUnit.objects.filter(pk=cast.other_office.pk).update(
        parent=cast.office, office_id=cast.office.pk
    )
    set_time_zone(actor=cast.ada.actor(), time_zone="Europe/Oslo", version=None)
    assert clock.zone().key == "Europe/Oslo"


@pytest.mark.parametrize("who", ["piet", "femi", "rosa", "tess", "otto"])
def test_nobody_else_chooses_it(cast, who):
    OrgUnit.objects.filter(pk=cast.other_office.pk).update(parent=cast.office)

    with pytest.raises(NotAllowed):
        set_time_zone(actor=cast.people[who].actor(), time_zone="Europe/Oslo", version=None)
    assert not Installation.objects.exists()


@pytest.mark.parametrize("name", ["", "Oslo", "Etc/GMT+1", "../../etc/passwd", "posix/Europe/Oslo"])
def test_a_zone_that_is_not_in_the_list_is_refused(una, name):
    with pytest.raises(Invalid, match="is no time zone of the list"):
        set_time_zone(actor=una.actor(), time_zone=name, version=None)


def test_a_stale_choice_is_a_conflict(una):
    set_time_zone(actor=una.actor(), time_zone="Europe/Oslo", version=1)

    with pytest.raises(Conflict):
        set_time_zone(actor=una.actor(), time_zone="Asia/Tokyo", version=1)


def test_the_page_chooses_it_and_says_it(client, una):
    client.force_login(una)
    address = "/office/settings/time-zone/"
    assert '<option value="Europe/Oslo">' in client.get(address).content.decode()

    answer = client.post(address, {"time_zone": "Asia/Kathmandu", "version": "1", "reason": ""})

    assert answer.status_code == 302
    text = client.get("/office/settings/").content.decode()
    assert "Asia/Kathmandu: it is" in text
    assert client.post(address, {"time_zone": "Mars", "version": "2"}).status_code == 422
