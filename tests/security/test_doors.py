# SPDX-License-Identifier: Apache-2.0
"""Signing in, passwords, sessions and tokens (ASVS 2.4, 6, 7, 9, 14.2.1, 16)."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from cast import PASSWORD, SYSTEM
from pilothouse.faces.api import auth
from pilothouse.foundation.accounts.models import ApiToken, User
from pilothouse.foundation.accounts.services import create_token, set_active
from pilothouse.foundation.core import logs

PIET = "piet@example.org"
NEW = "a brand new sentence"


@pytest.fixture(autouse=True)
def fresh(db):
    cache.clear()


def sign_in(client, email=PIET, password=PASSWORD, **more):
    return client.post("/account/sign-in/", {"username": email, "password": password, **more})


def inside(client) -> bool:
    return client.get("/account/profile/").status_code == 200


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post(
        "/account/password/",
        {"old_password": old, "new_password1": new, "new_password2": again or new},
    )


# Sessions


def test_a_session_gets_a_new_key_at_sign_in_and_at_a_new_password(client, cast):
    client.get("/account/sign-in/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    planted = session.session_key

    sign_in(client)
    first = client.session.session_key
    assert first != planted
    assert change(client).status_code == 302

    assert client.session.session_key != first
    assert inside(client)


def test_a_new_password_ends_the_other_sessions_at_once(client, cast):
    other = Client()
    sign_in(other)
    sign_in(client)
    assert inside(other)

    change(client)

    assert (inside(client), inside(other)) == (True, False)


def test_keys_of_sessions_do_not_repeat(cast):
    keys = set()
    for _ in range(50):
        client = Client()
        client.force_login(cast.piet)
        keys.add(client.session.session_key)

    assert len(keys) == 50
    assert {len(key) for key in keys} == {32}


def test_a_disabled_person_is_out_by_every_door_at_once(client, cast):
    sign_in(client)
    _, secret = create_token(actor=cast.piet.actor(), user=cast.piet, name="T", may_write=True)
    header = {"Authorization": f"Bearer {secret}"}
    assert inside(client)
    assert Client().get("/api/v1/me", headers=header).status_code == 200

    set_active(actor=SYSTEM, user=cast.piet, active=False, reason="Left")

    assert not inside(client)
    assert client.get("/api/v1/me").status_code == 401
    assert Client().get("/api/v1/me", headers=header).status_code == 401
    assert sign_in(Client()).status_code == 422
    mails = len(mail.outbox)
    Client().post("/account/reset/", {"email": PIET})
    assert len(mail.outbox) == mails


# Passwords


@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("short pas", 422),
        ("ten signs!", 302),
        ("password123", 422),
        ("qwertyuiop", 422),
        ("piet@example.org", 422),
        ("Piet Example", 422),
        ("naïve café 漢字 🚢🚢", 302),
        (" spaces stay spaces ", 302),
        ("p" * 40 + " q r s t u v w x y z 0 1 2 3", 302),
        ("a long sentence " * 8, 302),
    ],
)
def test_which_passwords_are_taken_and_as_typed(client, cast, password, status):
    sign_in(client)

    assert change(client, new=password).status_code == status

    taken = Client()
    assert sign_in(taken, password=password).status_code == (302 if status == 302 else 422)
    if status == 302 and password != password.strip():
        assert sign_in(Client(), password=password.strip()).status_code == 422


def test_a_password_changes_only_with_the_old_one(client, cast):
    sign_in(client)

    assert change(client, old="not the old one").status_code == 422

    assert sign_in(Client()).status_code == 302


def test_passwords_are_kept_by_a_slow_hash():
    from pilothouse.config.settings import base

    assert base.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


# Where one is led


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "\\\\evil.example\\",
        "/\\evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example/",
        "https://testserver@evil.example/",
        "https://testserver.evil.example/",
    ],
)
def test_signing_in_leads_to_no_other_site(client, cast, address):
    answer = client.post(
        "/account/sign-in/", {"username": PIET, "password": PASSWORD, "next": address}
    )

    assert answer.status_code == 302
    assert answer["Location"] == "/register/welcome/"


def test_a_list_is_led_back_to_itself_only(client, cast):
    client.force_login(cast.piet)
    for back in ("https://evil.example/?x=1", "//evil.example/?x=1", "?x=1"):
        answer = client.post("/columns/", {"back": back})
        assert answer["Location"].startswith("/?")


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"host": "testserver:80@evil.example"}, {"host": "a b"}],
)
def test_a_forged_host_gets_no_page_and_no_mail(client, cast, headers):
    assert client.get("/account/sign-in/", headers=headers).status_code == 400
    assert client.post("/account/reset/", {"email": PIET}, headers=headers).status_code == 400
    assert mail.outbox == []


def test_a_forwarded_host_is_not_believed(client, cast):
    client.post("/account/reset/", {"email": PIET}, headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in mail.outbox[0].body
    assert "http://testserver/account/reset/" in mail.outbox[0].body


# Nobody learns who is known here


def test_sign_in_and_reset_tell_nobody_who_exists(client, cast):
    strip = re.compile(rb'value="[^"]*"')

    def seen(answer):
        return answer.status_code, strip.sub(b"", answer.content), sorted(answer.headers)

    assert seen(sign_in(client, password="wrong")) == seen(
        sign_in(client, email="nobody@example.org", password="wrong")
    )
    for email in (PIET, "nobody@example.org", "rosa@example.org"):
        answer = client.post("/account/reset/", {"email": email})
        assert (answer.status_code, answer["Location"]) == (302, "/account/reset/sent/")


def test_an_unknown_address_costs_as_much_as_a_known_one(client, cast, monkeypatch):
    """The time of an answer tells nothing: a password is hashed either way."""
    made = []
    real = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: made.append(1) or real(self, raw))

    sign_in(client, email="nobody@example.org", password="wrong")

    assert made == [1]


@pytest.mark.parametrize(
    "address",
    [
        "piet@example.org,evil@evil.example",
        "piet@example.org\nbcc: evil@evil.example",
        "piet@example.org\r\nTo: evil@evil.example",
        "pıet@example.org",
        "piet@example.org@evil.example",
    ],
)
def test_a_reset_goes_to_the_known_address_or_to_nobody(client, cast, address):
    client.post("/account/reset/", {"email": address})
    client.post("/account/reset/", {"email": [PIET, "evil@evil.example"]})

    assert all(message.to == [PIET] and not message.bcc for message in mail.outbox)
    assert all("\n" not in message.subject for message in mail.outbox)


def test_a_link_to_set_a_password_works_once_and_for_an_hour(client, cast, settings, monkeypatch):
    client.post("/account/reset/", {"email": PIET})
    link = re.search(r"http://\S+(/account/reset/\S+)", mail.outbox[0].body).group(1)
    monkeypatch.setattr(
        "django.contrib.auth.tokens.PasswordResetTokenGenerator._now",
        lambda self: timezone.now().replace(tzinfo=None) + timedelta(hours=1, minutes=1),
    )
    assert b"new_password1" not in client.get(link, follow=True).content
    monkeypatch.undo()
    assert b"new_password1" in client.get(link, follow=True).content

    sign_in(client)
    change(client)

    assert b"new_password1" not in Client().get(link, follow=True).content


# Brakes


def test_every_door_that_can_be_guessed_at_has_a_brake(client, cast, monkeypatch):
    answers = [sign_in(client, password="wrong").status_code for _ in range(9)]
    assert (answers[-2], answers[-1]) == (422, 429)

    for _ in range(7):
        client.post("/account/reset/", {"email": "tess@example.org"})
    assert len(mail.outbox) == 5

    monkeypatch.setattr(auth, "FAILURES", auth.throttle.Limit("t", 3, timedelta(minutes=5)))
    tried = [Client().get("/api/v1/me", headers={"Authorization": "Bearer x"}) for _ in range(4)]
    assert [answer.status_code for answer in tried] == [401, 401, 401, 429]
    assert tried[-1]["Retry-After"] == "60"


# Tokens


def test_a_token_is_kept_as_a_digest_and_shown_once(client, cast):
    client.force_login(cast.piet)
    page = client.post("/account/tokens/", {"name": "script", "days": "30"})
    secret = re.search(r"ph_[\w-]{40,}", page.content.decode())[0]

    assert secret not in client.get("/account/profile/").content.decode()
    listed = Client().get("/api/v1/tokens", headers={"Authorization": f"Bearer {secret}"})
    assert secret not in listed.content.decode()
    assert set(listed.json()["items"][0]) & {"secret", "digest"} == set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            assert secret not in str(cursor.fetchall()), table
    assert len(ApiToken.objects.get().digest) == 64


def test_a_token_reads_or_writes_and_makes_no_other(cast):
    for may_write, status in ((False, 403), (True, 201)):
        _, secret = create_token(
            actor=cast.ada.actor(), user=cast.ada, name="T", may_write=may_write
        )
        header = {"Authorization": f"Bearer {secret}"}
        body = json.dumps({"name": f"V{may_write}"})
        kind = "application/json"
        made = Client().post("/api/v1/views", body, content_type=kind, headers=header)
        assert made.status_code == status
        more = Client().post("/api/v1/tokens", body, content_type=kind, headers=header)
        assert more.status_code == 403


# What the log holds


def test_no_secret_reaches_the_log(client, cast):
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(logs.JsonLine().format(record))

    handler = Keep()
    for name in ("pilothouse", "django"):
        logging.getLogger(name).addHandler(handler)
    try:
        sign_in(client, password="wrong-password-typed")
        sign_in(client)
        page = client.post("/account/tokens/", {"name": "script", "days": "30"})
        secret = re.search(r"ph_[\w-]{40,}", page.content.decode())[0]
        header = {"Authorization": f"Bearer {secret}"}
        Client().get("/api/v1/me", headers=header)
        Client().get("/api/v1/search?q=secret-words", headers=header)
        Client().get("/api/v1/me", headers={"Authorization": "Bearer ph_wrong-token-typed"})
        client.post("/account/reset/", {"email": PIET})
        link = re.search(r"/account/reset/(\S+)/(\S+)/", mail.outbox[0].body)
        Client().get(link[0], follow=True)
        change(client)
        session = client.session.session_key
        seal = client.cookies["csrftoken"].value
    finally:
        for name in ("pilothouse", "django"):
            logging.getLogger(name).removeHandler(handler)

    text = "\n".join(lines)
    assert lines
    for what in (
        PASSWORD,
        NEW,
        "wrong-password-typed",
        secret,
        "wrong-token-typed",
        "secret-words",
        link[2],
        session,
        seal,
        PIET,
    ):
        assert what not in text
