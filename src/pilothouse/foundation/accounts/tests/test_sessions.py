# SPDX-License-Identifier: Apache-2.0
"""Where a person is signed in, and how that ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from cast import PASSWORD, SYSTEM
from pilothouse.faces.web import sessions as limits
from pilothouse.foundation.accounts import codes, services, throttle
from pilothouse.foundation.accounts.backends import read_before
from pilothouse.foundation.accounts.browsers import described
from pilothouse.foundation.accounts.models import UserSession
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.accounts.web import FRESH_SECONDS, SESSION_STARTED
from pilothouse.foundation.core.models import AuditEvent

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)
OTHERS = "/account/sessions/end/"
NEW = "a brand new sentence"


@pytest.fixture
def una(db):
    return create_user(
        actor=SYSTEM,
        email="una@example.org",
        full_name="Una Root",
        password=PASSWORD,
        is_system_admin=True,
    )


def signed_in(agent=FIREFOX, email="piet@example.org"):
    client = Client(headers={"User-Agent": agent})
    answer = client.post("/account/sign-in/", {"username": email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def inside(client) -> bool:
    return client.get("/account/profile/").status_code == 200


def row_of(client) -> UserSession:
    return UserSession.objects.get(session_id=client.session.session_key)


def end_of(client) -> str:
    return f"/account/sessions/{row_of(client).pk}/end/"


def age(client, seconds) -> None:
    session = client.session
    session[SESSION_STARTED] -= seconds
    session.save()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Linux"),
        (PHONE, "Safari, iPhone"),
        (EDGE, "Edge, Windows"),
        ("curl/8.5.0", ""),
        ("<script>" * 5000, ""),
        ("", ""),
    ],
)
def test_a_browser_is_described_in_few_words(agent, words):
    assert described(agent) == words


def test_a_person_sees_where_they_are_signed_in(cast):
    here, phone, stranger = signed_in(), signed_in(PHONE), signed_in(EDGE, "tess@example.org")

    page = here.get("/account/profile/").content.decode()

    assert "Firefox, Linux" in page
    assert "Safari, iPhone" in page
    assert "Edge, Windows" not in page
    assert page.count("this one") == 1
    assert end_of(phone) in page
    assert end_of(here) not in page
    assert end_of(stranger) not in page
    assert here.session.session_key not in page
    assert phone.session.session_key not in page


def test_one_other_session_is_ended_with_the_password(cast):
    here, phone, third = signed_in(), signed_in(PHONE), signed_in(EDGE)
    address = end_of(phone)
    assert here.get(address).status_code == 200
    assert here.post(address, {"password": ""}).status_code == 422
    assert here.post(address, {"password": "wrong"}).status_code == 422
    assert inside(phone)

    assert here.post(address, {"password": PASSWORD}).headers["Location"] == "/account/profile/"

    assert (inside(here), inside(phone), inside(third)) == (True, False, True)
    assert here.post(address, {"password": PASSWORD}).status_code == 404
    told = AuditEvent.objects.get(action="user.end_session")
    assert (told.object_id, told.after) == (cast.piet.pk, {"ended": "Safari, iPhone"})


def test_all_other_sessions_are_ended_with_the_password(cast):
    here, phone, third = signed_in(), signed_in(PHONE), signed_in(EDGE)
    stranger = signed_in(EDGE, "tess@example.org")
    assert here.get(OTHERS).status_code == 200
    assert here.post(OTHERS, {"password": "wrong"}).status_code == 422
    assert inside(phone)

    assert here.post(OTHERS, {"password": PASSWORD}).status_code == 302

    assert (inside(here), inside(phone), inside(third)) == (True, False, False)
    assert inside(stranger)
    assert AuditEvent.objects.get(action="user.end_sessions").after == {"ended": 2}


def test_nobody_ends_the_session_of_another_or_the_present_one_there(cast):
    here, stranger = signed_in(), signed_in(EDGE, "tess@example.org")

    assert here.post(end_of(stranger), {"password": PASSWORD}).status_code == 404
    assert here.post(end_of(here), {"password": PASSWORD}).status_code == 404

    assert (inside(here), inside(stranger)) == (True, True)


def test_guessing_the_password_in_a_session_is_slowed(cast):
    here, phone = signed_in(), signed_in(PHONE)

    for _ in range(throttle.CONFIRM.tries):
        here.post(OTHERS, {"password": "wrong"})

    answer = here.post(OTHERS, {"password": PASSWORD})
    assert answer.status_code == 422
    assert b"Too many tries" in answer.content
    assert inside(phone)


def test_the_list_follows_a_new_key(cast):
    here = signed_in()
    before = row_of(here)
    old = here.session.session_key

    here.post(
        "/account/password/",
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
    )

    assert here.session.session_key != old
    assert (row_of(here).pk, row_of(here).begun_at) == (before.pk, before.begun_at)
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize("how", ["change", "reset"])
def test_a_new_password_takes_the_other_sessions_off_the_list(cast, mailoutbox, how):
    here, phone = signed_in(), signed_in(PHONE)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    if how == "change":
        here.post("/account/password/", form)
    else:
        outside = Client()
        outside.post("/account/reset/", {"email": "piet@example.org"})
        link = re.search(r"http://\S+(/account/reset/\S+)", mailoutbox[0].body).group(1)
        outside.post(outside.get(link).headers["Location"], form)

    kept = ["Firefox, Linux"] if how == "change" else []
    assert [row.client for row in cast.piet.sessions.all()] == kept
    assert not inside(phone)
    assert inside(here) is (how == "change")


def test_a_second_factor_ends_the_other_sessions_and_its_sign_in_is_listed(cast):
    here, phone = signed_in(), signed_in(PHONE)
    here.get("/account/second-factor/")
    key = codes.key_of(here.session["ph_new_seed"])
    step = int(timezone.now().timestamp()) // 30
    proof = {"do": "on", "password": PASSWORD, "code": codes.code_at(key, step)}

    assert here.post("/account/second-factor/", proof).status_code == 200

    assert [row.client for row in cast.piet.sessions.all()] == ["Firefox, Linux"]
    assert (inside(here), inside(phone)) == (True, False)
    edge = signed_in(EDGE)
    assert cast.piet.sessions.count() == 1
    edge.post("/account/sign-in/code/", {"code": codes.code_at(key, step + 1)})
    assert row_of(edge).client == "Edge, Windows"


def test_signing_out_and_being_disabled_take_sessions_off_the_list(cast):
    here, phone = signed_in(), signed_in(PHONE)

    here.post("/account/sign-out/")

    assert [row.client for row in cast.piet.sessions.all()] == ["Safari, iPhone"]
    services.set_active(actor=SYSTEM, user=cast.piet, active=False)
    assert not cast.piet.sessions.exists()
    assert not inside(phone)


def test_use_is_noted_once_a_minute(cast, django_assert_num_queries):
    here = signed_in()
    here.get("/theme/")
    with django_assert_num_queries(1):
        here.get("/theme/")
    session = here.session
    session[limits.SEEN] = session[SESSION_STARTED] - limits.NOTE_EVERY_SECONDS
    session.save()
    UserSession.objects.update(seen_at=timezone.now() - timedelta(minutes=5))

    here.get("/theme/")

    assert timezone.now() - row_of(here).seen_at < timedelta(minutes=1)


def test_a_person_read_with_the_session_is_whom_the_session_names(cast, una):
    here = signed_in()
    UserSession.objects.update(user=una)

    answer = here.get("/account/")

    assert answer.wsgi_request.user == cast.piet


def test_a_person_read_with_a_session_does_not_serve_the_next_request(cast):
    here = signed_in()
    assert inside(here)
    cast.piet.is_active = False
    cast.piet.save()

    assert not inside(here)
    assert read_before.get() is None


def test_a_session_that_is_not_listed_is_listed_when_it_is_next_noted(cast):
    here = signed_in()
    UserSession.objects.all().delete()
    session = here.session
    session[limits.SEEN] = session[SESSION_STARTED] - limits.NOTE_EVERY_SECONDS
    session.save()

    here.get("/theme/")

    assert row_of(here).user == cast.piet
    assert int(row_of(here).begun_at.timestamp()) == session[SESSION_STARTED]


def test_a_session_that_was_ended_meanwhile_does_not_come_back(cast):
    now = timezone.now()

    services.note_session(user=cast.piet, key="gone", client="", begun_at=now, now=now)

    assert not UserSession.objects.exists()


def test_sessions_that_are_over_are_not_shown_and_are_tidied(cast, settings):
    here, idle, old, lapsed = signed_in(), signed_in(PHONE), signed_in(EDGE), signed_in("curl/8")
    now = timezone.now()
    rows = UserSession.objects
    rows.filter(pk=row_of(idle).pk).update(
        seen_at=now - timedelta(seconds=settings.PILOTHOUSE_SESSION_IDLE_SECONDS + 1)
    )
    rows.filter(pk=row_of(old).pk).update(
        begun_at=now - timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)
    )
    key = lapsed.session.session_key
    Session.objects.filter(pk=key).update(expire_date=now - timedelta(seconds=1))
    assert list(rows.open_at(now)) == [row_of(here)]

    assert services.tidy_sessions(now) == 2
    Session.get_session_store_class().clear_expired()

    assert list(rows.all()) == [row_of(here)]
    assert Session.objects.count() == 1


def test_an_old_sign_in_needs_the_password_for_a_token(cast):
    here = signed_in()
    form = {"name": "script", "days": "30"}
    assert here.post("/account/tokens/", form).status_code == 200
    age(here, FRESH_SECONDS)
    assert 'type="password"' in here.get("/account/profile/").content.decode()

    assert here.post("/account/tokens/", form).status_code == 422
    assert here.post("/account/tokens/", form | {"password": "wrong"}).status_code == 422
    assert cast.piet.tokens.count() == 1
    assert here.post("/account/tokens/", form | {"password": PASSWORD}).status_code == 200

    assert cast.piet.tokens.count() == 2


def test_the_api_asks_an_old_sign_in_for_the_password_too(cast):
    here = signed_in()
    age(here, FRESH_SECONDS)
    ask = {"path": "/api/v1/tokens", "content_type": "application/json"}

    refused = here.post(data={"name": "script"}, **ask)

    assert refused.status_code == 422
    assert refused.json()["code"] == "accounts.confirm"
    assert not cast.piet.tokens.exists()
    assert here.post(data={"name": "script", "password": PASSWORD}, **ask).status_code == 201


def test_an_administrator_ends_every_session_of_a_person(cast, una):
    admin, here, phone = Client(), signed_in(), signed_in(PHONE)
    stranger = signed_in(EDGE, "tess@example.org")
    admin.force_login(una)
    address = f"/register/people/{cast.piet.pk}/sessions/end/"
    assert address in admin.get(f"/register/people/{cast.piet.pk}/").content.decode()
    assert admin.post(address, {"reason": ""}).status_code == 422
    assert inside(here)

    assert admin.post(address, {"reason": "Lost phone"}).status_code == 302

    assert (inside(here), inside(phone), inside(stranger)) == (False, False, True)
    told = AuditEvent.objects.get(action="user.end_sessions")
    assert (told.actor_id, told.object_id) == (una.pk, cast.piet.pk)
    assert (told.reason, told.after) == ("Lost phone", {"ended": 2})


def test_an_administrator_ends_the_own_sessions_with_the_password_only(una):
    admin = Client()
    admin.force_login(una)

    answer = admin.post(f"/register/people/{una.pk}/sessions/end/", {"reason": "Mine"})

    assert answer.status_code == 403
    assert inside(admin)
