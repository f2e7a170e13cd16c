# SPDX-License-Identifier: Apache-2.0
"""The rule that everybody must have a second factor (ASVS 6.3.3, 6.3.4, 8.3.2)."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cast import PASSWORD, SYSTEM, person
from furnished import give_second_factor
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.services import assign_role, delegate
from pilothouse.foundation.accounts import codes
from pilothouse.foundation.accounts.models import ApiToken, SecondFactor, User
from pilothouse.foundation.accounts.queries import askers_of, standing_of
from pilothouse.foundation.accounts.services import (
    create_token,
    create_user,
    move_second_factor,
    remove_second_factor,
    send_invitation,
    switch_off_second_factor,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent, Installation, Job
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.second_factor import (
    lacking,
    remind,
    send_reminder,
    set_rule_of_installation,
    set_rule_of_office,
)
from pilothouse.foundation.organisation.services import place_person

PAGE = "/account/second-factor/"
SIGN_IN = "/account/sign-in/"
TODAY = date(2026, 11, 26)
DAY = timedelta(days=1)


@pytest.fixture
def day(monkeypatch):
    """The office's day; ``day(n)`` moves it n days on."""

    def move(days: int) -> None:
        monkeypatch.setattr(clock, "day_of", lambda instant: TODAY + days * DAY)

    move(0)
    return move


@pytest.fixture
def root(db):
    return create_user(
        actor=SYSTEM,
        email="root@example.org",
        full_name="Una",
        password=PASSWORD,
        is_system_admin=True,
    )


def ask(cast, since: date | None = TODAY, reason: str = "") -> OrgUnit:
    """Ada sets the rule of her office."""
    row = OrgUnit.objects.get(pk=cast.office.pk)
    return set_rule_of_office(
        actor=cast.ada.actor(), office=row, since=since, version=row.version, reason=reason
    )


def ask_all(since: date | None = TODAY, reason: str = "") -> Installation:
    return set_rule_of_installation(actor=SYSTEM, since=since, version=None, reason=reason)


def signed_in(user: User) -> Client:
    client = Client()
    answer = client.post(SIGN_IN, {"username": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def led(client, url="/account/profile/") -> bool:
    """Whether this page leads to the set-up."""
    answer = client.get(url)
    return answer.status_code == 302 and answer.headers["Location"] == PAGE


def set_up(client, user: User):
    """What the person does on the page."""
    assert client.get(PAGE).status_code == 200
    seed = client.session["ph_new_seed"]
    step = int(timezone.now().timestamp()) // 30
    code = codes.code_at(codes.key_of(seed), step)
    return client.post(PAGE, {"code": code, "password": PASSWORD, "do": "on"})


def bound(user: User) -> date | None:
    return standing_of(user.pk, clock.today()).due


def hold(user: User, role: Role, scope, office_id: int, first: date, last: date | None = None):
    return assign_role(
        actor=SYSTEM,
        person=user,
        role=role,
        scope=scope,
        office_id=office_id,
        within=[],
        valid_from=first,
        valid_to=last,
    )


def lend(giver: User, taker: User, first: date, last: date):
    return delegate(
        actor=SYSTEM,
        from_person=giver,
        to_person=taker,
        actions="R",
        valid_from=first,
        valid_to=last,
        reason="Away",
    )


def test_a_rule_binds_who_holds_a_role_or_has_a_place_and_nobody_else(cast, day):
    placed = person("Paul Placed")
    place_person(actor=SYSTEM, person=placed, unit=cast.unit)

    ask(cast, TODAY + DAY)

    people = [*cast.people.values(), placed]
    assert [user.full_name.split()[0] for user in people if bound(user)] == [
        *("Ada", "Piet", "Rosa", "Femi", "Sam", "Tess", "Paul")
    ]
    assert {bound(user) for user in people} == {TODAY + DAY, None}


def test_a_role_that_begins_tomorrow_binds_tomorrow_and_its_end_lets_go(cast, day):
    ask(cast)
    project = ("project", cast.harbour.pk)
    hold(cast.otto, Role.VIE, project, cast.office.pk, TODAY + DAY, TODAY + 3 * DAY)
    client = signed_in(cast.otto)

    seen = []
    for days in range(5):
        day(days)
        seen.append((bound(cast.otto), led(client)))

    assert seen == [(None, False), *[(TODAY, True)] * 3, (None, False)]


def test_a_voided_role_binds_nobody(cast, day):
    row = hold(cast.otto, Role.VIE, ("project", cast.harbour.pk), cast.office.pk, TODAY)
    ask(cast)
    assert bound(cast.otto) == TODAY

    RoleAssignment.objects.filter(pk=row.pk).update(voided=True)

    assert bound(cast.otto) is None


def test_a_role_in_the_whole_installation_is_one_in_every_office(cast, day):
    hold(cast.otto, Role.AUD, ("global", 0), 0, TODAY)
    ask(cast)

    assert bound(cast.otto) == TODAY


def test_who_acts_for_another_is_bound_while_both_hold_it(cast, day):
    ask(cast)
    lend(cast.piet, cast.otto, TODAY + DAY, TODAY + 3 * DAY)
    client = signed_in(cast.otto)
    RoleAssignment.objects.filter(person=cast.piet).update(valid_to=TODAY + 2 * DAY)

    seen = []
    for days in range(4):
        day(days)
        seen.append((bound(cast.otto) is not None, led(client)))

    assert seen == [(False, False), (True, True), (True, True), (False, False)]


def test_who_acts_for_a_disabled_person_is_not_bound_by_that(cast, day):
    ask(cast)
    lend(cast.piet, cast.otto, TODAY, TODAY + DAY)
    assert bound(cast.otto) == TODAY

    User.objects.filter(pk=cast.piet.pk).update(is_active=False)

    assert bound(cast.otto) is None


def test_the_installation_binds_every_account_and_the_earliest_day_counts(cast, root, day):
    ask(cast, TODAY + 5 * DAY)
    ask_all(TODAY + 2 * DAY)

    assert {bound(user) for user in [*cast.people.values(), root]} == {TODAY + 2 * DAY}
    assert [asker.name for asker in askers_of(cast.ada.pk, TODAY)] == ["", "Port"]
    assert [asker.name for asker in askers_of(root.pk, TODAY)] == [""]

    ask_all(TODAY + 9 * DAY, reason="More time")

    assert (bound(cast.ada), bound(root)) == (TODAY + 5 * DAY, TODAY + 9 * DAY)


def test_two_offices_bind_by_the_earlier_day(cast, day):
    ask(cast, TODAY + 5 * DAY)
    hold(cast.ada, Role.VIE, ("org_unit", cast.other_office.pk), cast.other_office.pk, TODAY)
    row = OrgUnit.objects.get(pk=cast.other_office.pk)
    set_rule_of_office(
        actor=cast.nia.actor(), office=row, since=TODAY + DAY, version=row.version, reason=""
    )

    assert (bound(cast.ada), bound(cast.piet)) == (TODAY + DAY, TODAY + 5 * DAY)


def test_until_the_day_one_is_reminded_on_every_page_and_from_it_led(cast, day):
    client = signed_in(cast.piet)
    ask(cast, TODAY + 2 * DAY)

    for days in (0, 1):
        day(days)
        for url in ("/account/profile/", "/register/"):
            page = client.get(url)
            assert page.status_code == 200
            assert b"From 28 Nov 2026 on you need a second factor" in page.content
    day(2)

    assert led(client)
    assert led(client, "/register/")


def test_nobody_is_reminded_who_has_one_or_whom_nobody_asks(cast, day):
    give_second_factor(cast.piet)
    ask(cast, TODAY + 2 * DAY)

    for user in (cast.piet, cast.otto):
        client = Client()
        client.force_login(user)
        assert b"you need a second factor" not in client.get("/account/profile/").content


def test_open_sessions_are_bound_at_once_and_free_after_the_set_up(cast, day):
    here, phone = signed_in(cast.piet), signed_in(cast.piet)
    assert not led(here)
    assert not led(phone)

    ask(cast)

    assert led(here)
    assert led(phone)
    page = here.get(PAGE).content.decode()
    assert "Port asks everybody for a second factor." in page
    assert "everything else opens once it is on" in page
    assert "/register/" not in page
    done = set_up(here, cast.piet)
    assert done.status_code == 200
    assert "Recovery codes" in done.content.decode()
    assert "/register/" in done.content.decode()
    assert here.get("/account/profile/").status_code == 200
    assert phone.get("/account/profile/").headers["Location"].startswith(SIGN_IN)


def test_a_person_who_is_led_may_change_the_password_and_sign_out(cast, day):
    client = signed_in(cast.piet)
    ask(cast)
    new = "another-quay-2026"

    assert client.get("/account/password/").status_code == 200
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/account/password/", form).status_code == 302
    assert led(client)
    assert client.post("/account/sign-out/").headers["Location"] == SIGN_IN
    assert client.get(PAGE).headers["Location"].startswith(SIGN_IN)


def test_a_page_inside_a_page_leads_the_whole_page(cast, day):
    client = signed_in(cast.piet)
    ask(cast)

    answer = client.get("/search/?q=har", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, PAGE)
    assert answer.content == b""


def test_signing_in_with_the_right_password_leads_to_the_set_up(cast, day):
    ask(cast)

    client = signed_in(cast.piet)

    assert led(client, "/")


def test_the_api_refuses_a_session_without_one(cast, day):
    client = signed_in(cast.piet)
    assert client.get("/api/v1/projects").status_code == 200

    ask(cast)

    answer = client.get("/api/v1/projects")
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.second_factor_needed")
    assert answer.json()["detail"] == (
        "Port asks everybody for a second factor. Piet Example has none yet: sign in on the pages "
        "and set it up, then this works."
    )


def test_a_token_waits_for_the_second_factor_of_its_owner(cast, day):
    _, secret = create_token(actor=cast.piet.actor(), user=cast.piet, name="T", may_write=False)
    bearer = {"Authorization": f"Bearer {secret}"}
    ask(cast, TODAY + DAY)
    assert Client().get("/api/v1/projects", headers=bearer).status_code == 200

    day(1)

    answer = Client().get("/api/v1/projects", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.second_factor_needed")
    give_second_factor(cast.piet)
    assert Client().get("/api/v1/projects", headers=bearer).status_code == 200


def test_no_token_is_made_without_one(cast, day):
    ask(cast)

    with pytest.raises(NotAllowed) as refused:
        create_token(actor=cast.piet.actor(), user=cast.piet, name="T", may_write=False)

    assert refused.value.code == "accounts.second_factor_needed"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("door", ["reset", "invite"])
def test_a_link_by_mail_leads_to_the_password_and_then_to_the_set_up(
    cast, day, door, django_capture_on_commit_callbacks
):
    ask(cast)
    if door == "reset":
        Client().post("/account/reset/", {"email": cast.piet.email})
    else:
        with django_capture_on_commit_callbacks(execute=True):
            send_invitation(actor=cast.ada.actor(), user=cast.piet, site="http://testserver")
    words = mail.outbox[0].body.split()
    link = urlsplit(next(word for word in words if "/account/reset/" in word)).path
    client = Client()
    form = client.get(link).headers["Location"]
    new = "another-quay-2026"
    assert client.post(form, {"new_password1": new, "new_password2": new}).status_code == 302

    assert client.get("/account/profile/").headers["Location"].startswith(SIGN_IN)
    client.post(SIGN_IN, {"username": cast.piet.email, "password": new})

    assert led(client)


def test_who_is_asked_cannot_switch_it_off_but_moves_it_to_another_device(cast, day):
    now = timezone.now()
    recovery = give_second_factor(cast.piet)
    ask(cast, TODAY + 9 * DAY)
    me = {"actor": cast.piet.actor(), "user": cast.piet, "password": PASSWORD, "now": now}

    with pytest.raises(Invalid) as refused:
        switch_off_second_factor(**me, code=recovery[0])

    assert refused.value.code == "accounts.second_factor_must"
    assert refused.value.message.startswith(
        "Port asks everybody for a second factor from 5 Dec 2026 on."
    )
    seed = codes.new_seed()
    code = codes.code_at(codes.key_of(seed), int(now.timestamp()) // 30)
    made = move_second_factor(**me, seed=seed, new_code=code, code=recovery[0])
    row = SecondFactor.objects.get(user=cast.piet)
    assert row.seed == seed
    assert len(made) == 10
    assert row.recovery_codes.count() == 10
    assert not set(made) & set(recovery)


@pytest.mark.parametrize("wrong", ["new_code", "code", "password"])
def test_a_move_with_anything_wrong_leaves_the_old_device(cast, day, wrong):
    now = timezone.now()
    recovery = give_second_factor(cast.piet)
    before = SecondFactor.objects.values().get()
    seed = codes.new_seed()
    code = codes.code_at(codes.key_of(seed), int(now.timestamp()) // 30)
    proof = {"new_code": code, "code": recovery[0], "password": PASSWORD}
    proof[wrong] = "000"

    with pytest.raises(Invalid) as refused:
        move_second_factor(actor=cast.piet.actor(), user=cast.piet, seed=seed, now=now, **proof)

    assert list(refused.value.fields) == [wrong]
    assert SecondFactor.objects.values().get() == before
    assert SecondFactor.objects.get().recovery_codes.count() == 10


def test_the_page_of_another_device_changes_it(cast, day):
    recovery = give_second_factor(cast.piet)
    ask(cast)
    client = Client()
    client.force_login(cast.piet)
    move = PAGE + "device/"
    assert "Switch it off" not in client.get(PAGE).content.decode()
    assert client.get(move).status_code == 200
    seed = client.session["ph_new_seed"]
    code = codes.code_at(codes.key_of(seed), int(timezone.now().timestamp()) // 30)
    form = {"new_code": code, "code": recovery[0], "password": "wrong"}
    assert client.post(move, form).status_code == 422

    done = client.post(move, {**form, "password": PASSWORD})

    assert done.status_code == 200
    assert SecondFactor.objects.get().seed == seed
    assert client.get("/account/profile/").status_code == 200


def test_without_one_there_is_none_to_move(cast, day):
    client = signed_in(cast.piet)

    assert client.get(PAGE + "device/").headers["Location"] == PAGE


def test_who_lost_it_is_told_by_mail_and_sets_it_up_anew(
    cast, root, day, django_capture_on_commit_callbacks
):
    give_second_factor(cast.piet)
    client = Client()
    client.force_login(cast.piet)
    ask(cast)
    assert not led(client)

    with django_capture_on_commit_callbacks(execute=True):
        remove_second_factor(actor=root.actor(), user=cast.piet, reason="Phone in the harbour")

    assert led(client)
    assert led(signed_in(cast.piet))
    told = mail.outbox[0]
    assert told.to == [cast.piet.email]
    assert told.subject == "Your second factor on Pilothouse was taken off"
    assert "Una took the second factor off your account" in told.body
    assert "you are led to setting one up anew" in told.body


@pytest.mark.parametrize("name", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_who_does_not_keep_the_office_sets_no_rule(cast, day, name):
    actor = cast.people[name].actor()

    with pytest.raises(NotAllowed):
        set_rule_of_office(actor=actor, office=cast.office, since=TODAY, version=None, reason="")
    with pytest.raises(NotAllowed):
        set_rule_of_installation(actor=actor, since=TODAY, version=None, reason="")

    assert not OrgUnit.objects.exclude(second_factor_from=None).exists()
    assert not Installation.objects.exists()


def test_a_rule_is_kept_in_the_history_and_a_stale_one_refused(cast, day):
    row = ask(cast, TODAY + DAY)

    told = AuditEvent.objects.filter(object_type="orgunit", object_id=row.pk).latest("pk")
    assert (told.actor_label, told.office_id) == ("Ada Example", cast.office.pk)
    assert (told.before, told.after) == (
        {"second_factor_from": None},
        {"second_factor_from": "2026-11-27"},
    )
    with pytest.raises(Conflict):
        set_rule_of_office(
            actor=cast.ada.actor(), office=row, since=TODAY, version=row.version - 1, reason=""
        )


def test_a_rule_begins_today_or_later_and_to_ask_less_wants_a_reason(cast, day):
    with pytest.raises(Invalid, match="Choose today or a later day"):
        ask(cast, TODAY - DAY)
    ask(cast, TODAY + DAY)
    for less in (None, TODAY + 2 * DAY):
        with pytest.raises(Invalid, match="Say why less is asked"):
            ask(cast, less)
    assert OrgUnit.objects.get(pk=cast.office.pk).second_factor_from == TODAY + DAY

    ask(cast, TODAY)
    day(3)
    ask(cast, TODAY)
    ask(cast, None, reason="The port has its own gate")

    assert bound(cast.piet) is None


def test_only_an_office_as_a_whole_asks(cast, day):
    with pytest.raises(Invalid, match="Only an organisation as a whole"):
        set_rule_of_office(
            actor=cast.ada.actor(), office=cast.unit, since=TODAY, version=None, reason=""
        )


def test_who_lacks_one_is_counted_and_listed_in_sight(cast, day):
    give_second_factor(cast.piet)
    lend(cast.piet, cast.nia, TODAY, TODAY)

    found = lacking(cast.ada.actor(), cast.office.pk, TODAY)

    assert found.bound == 6
    assert [row.full_name.split()[0] for row in found.people] == [
        "Ada",
        "Femi",
        "Rosa",
        "Sam",
        "Tess",
    ]


def test_a_reminder_goes_to_who_lacks_one_once_a_day(cast, day, monkeypatch):
    give_second_factor(cast.piet)
    with pytest.raises(Invalid, match="set its day first"):
        remind(actor=cast.ada.actor(), office=cast.office, site="https://pmo.example.org")
    office = ask(cast, TODAY + DAY)
    monkeypatch.setattr(clock, "start_of", lambda at: timezone.now() - timedelta(hours=1))

    sent = remind(actor=cast.ada.actor(), office=office, site="https://pmo.example.org")

    jobs = Job.objects.filter(name="organisation.remind_second_factor")
    assert (sent, jobs.count()) == (5, 5)
    with pytest.raises(Invalid, match="Ada Example had the mails sent today already"):
        remind(actor=cast.ada.actor(), office=office, site="https://pmo.example.org")
    assert jobs.count() == 5
    for job in jobs:
        assert send_reminder(**job.payload)
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        f"{name}@example.org" for name in ("ada", "femi", "rosa", "sam", "tess")
    ]
    body = mail.outbox[0].body
    assert "Port asks everybody for a second factor from 27 Nov 2026 on. You have none yet." in body
    assert "https://pmo.example.org/account/second-factor/" in body


def test_no_reminder_reaches_who_has_set_it_up_meanwhile(cast, day):
    ask(cast)
    give_second_factor(cast.piet)

    assert not send_reminder(person_id=cast.piet.pk, site="https://pmo.example.org")
    assert not send_reminder(person_id=cast.otto.pk, site="https://pmo.example.org")
    assert mail.outbox == []


def test_the_pages_set_the_rule_show_who_lacks_one_and_remind(cast, root, day):
    ada = signed_in(cast.ada)
    address = f"/office/settings/{cast.office.pk}/second-factor/"
    form = {"since": (TODAY + DAY).isoformat(), "version": "1", "reason": ""}
    assert b"6 of 6 people have no second factor." in ada.get(address).content
    assert ada.post(address, {**form, "since": "2020-01-01"}).status_code == 422

    assert ada.post(address, form).headers["Location"] == "/office/settings/"

    assert b"must have a second factor from 27 Nov 2026 on" in ada.get("/office/settings/").content
    people = ada.get(address + "people/").content.decode()
    assert "6 of 6 people" in people
    assert all(name in people for name in ("Ada", "Femi", "Piet", "Rosa", "Sam", "Tess"))
    assert "Otto" not in people
    done = ada.post(address + "people/", follow=True).content.decode()
    assert "6 mails go out." in done
    una = signed_in(root)
    address = "/office/settings/second-factor/"
    assert una.post(address, form).headers["Location"] == "/office/settings/"
    assert b"9 of 9 people" in una.get(address + "people/").content
    assert b"Every account here must have one from 27 Nov" in una.get("/office/settings/").content


def test_the_list_of_who_lacks_one_needs_the_same_queries_whatever_its_size(cast, day):
    client = signed_in(cast.ada)
    address = f"/office/settings/{cast.office.pk}/second-factor/people/"
    client.get(address)

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    few = count()
    for number in range(12):
        place_person(actor=SYSTEM, person=person(f"P{number} Placed"), unit=cast.unit)

    assert (few, count()) == (few, few)


def test_a_rule_costs_a_request_no_further_read(cast, day):
    client = signed_in(cast.ada)
    client.get("/account/password/")

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/account/password/").status_code == 200
        return [query["sql"] for query in found]

    free = asked()
    ask(cast, TODAY + DAY)
    ask_all(TODAY + 2 * DAY)
    reminded = asked()
    day(1)
    shut = asked()

    assert [len(free), len(reminded), len(shut)] == [1, 1, 1]


def test_a_new_administrator_is_led_under_a_rule_of_the_installation(cast, root, day):
    ask_all()

    assert led(signed_in(root), "/register/start/")
