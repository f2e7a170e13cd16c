# SPDX-License-Identifier: Apache-2.0
"""Who guesses is slowed; who is guessed at can still sign in."""

from datetime import UTC, datetime, timedelta

import pytest

from cast import PASSWORD
from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.accounts.models import SignInTries

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PIET = "piet@example.org"


def sign_in(client, password="wrong", email=PIET, ip="192.0.2.1"):
    form = {"username": email, "password": password}
    return client.post("/account/sign-in/", form, REMOTE_ADDR=ip)


def tries(number, at=NOW, email=PIET, ip="192.0.2.1", device=""):
    return [throttle.count(throttle.sign_in_counters(email, ip, device), at) for _ in range(number)]


def test_the_ninth_wrong_try_is_not_even_looked_at(client, cast):
    answers = [sign_in(client).status_code for _ in range(8)]

    ninth = sign_in(client, PASSWORD)

    assert answers == [422] * 8
    assert ninth.status_code == 429
    assert ninth.headers["Retry-After"] == "300"
    assert "_auth_user_id" not in client.session


def test_a_right_password_starts_the_counting_anew(client, cast):
    for _ in range(7):
        sign_in(client)
    assert sign_in(client, PASSWORD).status_code == 302
    client.post("/account/sign-out/")
    client.cookies.pop(throttle.DEVICE_COOKIE)

    assert [sign_in(client).status_code for _ in range(8)] == [422] * 8


def test_the_victim_of_guessing_signs_in_from_a_known_device(client, cast, django_user_model):
    from django.test import Client

    assert sign_in(client, PASSWORD).status_code == 302
    client.post("/account/sign-out/")
    attacker = Client()
    for number in range(45):
        sign_in(attacker, ip=f"198.51.100.{number}")

    assert sign_in(Client(), PASSWORD, ip="203.0.113.9").status_code == 429
    assert sign_in(client, PASSWORD).status_code == 302


def test_the_cookie_of_a_device_is_worth_nothing_for_another_account(cast):
    cookie = throttle.device_cookie("tess@example.org")

    assert throttle.device_of(cookie, PIET) == ""
    assert throttle.device_of(cookie, "Tess@Example.org ") != ""
    assert throttle.device_of(cookie + "x", "tess@example.org") == ""
    assert throttle.device_of("", PIET) == ""


def test_a_stolen_device_cookie_gives_eight_tries_too(db):
    cookie = throttle.device_cookie(PIET)

    assert tries(9, device=cookie) == [True] * 8 + [False]


def test_the_window_passes(db):
    assert tries(9)[-1] is False
    assert tries(1, at=NOW + timedelta(minutes=5)) == [False]

    assert tries(1, at=NOW + timedelta(minutes=5, seconds=1)) == [True]


def test_one_client_may_not_try_many_accounts(db):
    results = [tries(1, email=f"person{number}@example.org")[0] for number in range(101)]

    assert results == [True] * 100 + [False]


@pytest.mark.parametrize(
    ("client_address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_subscriber_is_one_client(client_address, network):
    assert throttle.network_of(client_address) == network


def test_reset_mails_are_limited_and_the_answer_stays_the_same(client, cast, mailoutbox):
    answers = [client.post("/account/reset/", {"email": PIET}) for _ in range(7)]

    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, "/account/reset/sent/")
    }
    assert len(mailoutbox) == 5


def test_the_table_names_nobody_and_is_tidied(db):
    tries(1)

    assert not SignInTries.objects.filter(key__contains="piet").exists()
    assert throttle.tidy(NOW + timedelta(hours=1)) == 0
    assert throttle.tidy(NOW + timedelta(hours=3)) == 3
