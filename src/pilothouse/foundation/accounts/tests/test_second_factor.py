# SPDX-License-Identifier: Apache-2.0
"""Signing in with a second factor (ASVS 6.3.3, 6.5, 6.6.3)."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from cast import PASSWORD, SYSTEM
from pilothouse.foundation.accounts import codes, services, throttle
from pilothouse.foundation.accounts.models import RecoveryCode, SecondFactor, SignInTries
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

PIET = "piet@example.org"
PAGE = "/account/second-factor/"
CODE_PAGE = "/account/sign-in/code/"
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
"""RFC 6238, appendix B, SHA-1."""


@pytest.fixture(autouse=True)
def fresh(db):
    cache.clear()


@pytest.fixture
def recovery(cast):
    """Piet has a second factor since an hour ago; his recovery codes."""
    now = timezone.now() - timedelta(hours=1)
    seed = codes.new_seed()
    return services.switch_on_second_factor(
        actor=cast.piet.actor(),
        user=cast.piet,
        seed=seed,
        code=codes.code_at(codes.key_of(seed), step(now)),
        password=PASSWORD,
        now=now,
    )


def step(now: datetime) -> int:
    return int(now.timestamp()) // 30


def code_now(shift: int = 0) -> str:
    seed = SecondFactor.objects.get().seed
    return codes.code_at(codes.key_of(seed), step(timezone.now()) + shift)


def wrong_code() -> str:
    right = {code_now(shift) for shift in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in right)


def give_password(client, password=PASSWORD, **more):
    return client.post("/account/sign-in/", {"username": PIET, "password": password, **more})


def give_code(client, code):
    return client.post(CODE_PAGE, {"code": code})


def inside(client) -> bool:
    return client.get("/account/profile/").status_code == 200


@pytest.mark.parametrize(("second", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(second, code):
    assert codes.code_at(b"12345678901234567890", second // 30, digits=8) == code
    assert codes.code_at(b"12345678901234567890", second // 30) == code[2:]


def test_a_clock_may_be_one_step_off_and_no_more():
    key, now = b"12345678901234567890", datetime(2026, 11, 26, 10, 0, tzinfo=UTC)

    taken = [
        codes.step_of(codes.code_at(key, step(now) + shift), key, now) is not None
        for shift in (-2, -1, 0, 1, 2)
    ]

    assert taken == [False, True, True, True, False]


def test_nobody_is_signed_in_before_the_code_is_right(client, cast, recovery):
    answer = give_password(client, next="/register/people/")

    assert answer["Location"] == CODE_PAGE
    assert not inside(client)
    assert client.get("/api/v1/me").status_code == 401
    assert "_auth_user_id" not in client.session
    assert b'autocomplete="one-time-code"' in client.get(CODE_PAGE).content

    half = client.session.session_key
    assert give_code(client, code_now())["Location"] == "/register/people/"
    assert inside(client)
    assert client.get("/api/v1/me").status_code == 200
    assert client.session.session_key != half


def test_the_code_page_stands_after_the_password_only(client, cast, recovery):
    assert client.get(CODE_PAGE)["Location"] == "/account/sign-in/"
    assert give_code(client, code_now())["Location"] == "/account/sign-in/"
    assert give_password(client, "wrong").status_code == 422
    assert give_code(client, code_now())["Location"] == "/account/sign-in/"
    assert not inside(client)


@pytest.mark.parametrize("change", ["password", "disabled", "late"])
def test_half_a_sign_in_dies_with_what_it_rests_on(client, cast, recovery, change):
    give_password(client)
    if change == "password":
        cast.piet.set_password("a brand new sentence")
    cast.piet.is_active = change != "disabled"
    cast.piet.save()
    if change == "late":
        session = client.session
        session["ph_half"] = {**session["ph_half"], "at": session["ph_half"]["at"] - 301}
        session.save()

    assert give_code(client, code_now())["Location"] == "/account/sign-in/"
    assert not inside(client)


def test_a_code_works_once(client, cast, recovery):
    code = code_now()
    give_password(client)
    assert give_code(client, code).status_code == 302

    other = Client()
    give_password(other)
    assert give_code(other, code).status_code == 422
    assert not inside(other)


def test_wrong_codes_are_slowed_though_the_password_is_known(client, cast, recovery):
    answers = []
    for number in range(6):
        thief = Client(REMOTE_ADDR=f"203.0.113.{number + 1}")
        give_password(thief)
        answers.append(give_code(thief, wrong_code()).status_code)
    assert answers == [422] * 5 + [429]

    late = Client(REMOTE_ADDR="203.0.113.99")
    give_password(late)
    assert give_code(late, code_now()).status_code == 429
    assert not inside(late)


def test_the_right_person_gets_in_from_a_known_device_meanwhile(client, cast, recovery):
    give_password(client)
    give_code(client, recovery[9])
    client.post("/account/sign-out/")
    for number in range(6):
        thief = Client(REMOTE_ADDR=f"203.0.113.{number + 1}")
        give_password(thief)
        give_code(thief, wrong_code())

    give_password(client)
    give_code(client, code_now())

    assert inside(client)


def test_a_sign_in_leaves_no_try_behind(client, cast, recovery):
    give_password(client)
    give_code(client, code_now())

    assert sum(SignInTries.objects.values_list("count", flat=True)) == 0


def test_a_recovery_code_works_once_and_is_told(client, cast, recovery):
    code = codes.in_fours(recovery[0])
    give_password(client)
    assert give_code(client, code).status_code == 302
    assert inside(client)

    other = Client()
    give_password(other)
    assert give_code(other, code).status_code == 422
    assert RecoveryCode.objects.count() == 9
    event = AuditEvent.objects.get(action="user.recovery_code_used")
    assert (event.actor_id, event.after) == (cast.piet.pk, {"left": 9})


def test_a_new_password_by_mail_does_not_skip_the_code(client, cast, recovery):
    client.post("/account/reset/", {"email": PIET})
    link = re.search(r"http://\S+(/account/reset/\S+)", mail.outbox[0].body).group(1)
    address = client.get(link, follow=True).redirect_chain[-1][0]
    new = "a brand new sentence"

    done = client.post(address, {"new_password1": new, "new_password2": new})

    assert done["Location"] == "/account/sign-in/"
    assert not inside(client)
    assert give_password(client, new)["Location"] == CODE_PAGE
    assert not inside(client)


def test_switching_on_needs_both_shows_recovery_codes_once_and_ends_other_sessions(client, cast):
    other = Client()
    give_password(other)
    give_password(client)
    page = client.get(PAGE).content.decode()
    seed = client.session["ph_new_seed"]
    assert codes.in_fours(codes.written_key(seed)) in page
    assert "otpauth://totp/Pilothouse%3Apiet%40example.org?secret=" in page
    side, dark = codes.picture(codes.link(seed, PIET))
    assert f'viewBox="0 0 {side} {side}"' in page and f'd="{dark}"' in page
    code = codes.code_at(codes.key_of(seed), step(timezone.now()))

    wrong = client.post(PAGE, {"do": "on", "code": code, "password": "wrong"})
    assert (wrong.status_code, SecondFactor.objects.count()) == (422, 0)
    made = client.post(PAGE, {"do": "on", "code": code, "password": PASSWORD})

    shown = re.findall(r"<li><code[^>]*>([\d ]+)</code>", made.content.decode())
    assert len(shown) == 10
    again = client.get(PAGE).content.decode()
    assert shown[0] not in again and codes.written_key(seed) not in again.replace(" ", "")
    assert inside(client)
    assert not inside(other)


def test_a_dump_of_the_database_gives_no_code(client, cast, recovery):
    secret = {codes.written_key(SecondFactor.objects.get().seed), *recovery}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows = str(cursor.fetchall())
            assert not any(text in rows for text in secret), table


def test_another_key_of_the_installation_leaves_the_recovery_codes(
    client, cast, recovery, settings
):
    code = code_now()
    settings.SECRET_KEY = "another-key-" + "x" * 50
    give_password(client)

    assert give_code(client, code).status_code == 422
    assert give_code(client, recovery[0]).status_code == 302


def test_new_recovery_codes_void_the_old(client, cast, recovery):
    give_password(client)
    give_code(client, recovery[9])

    made = client.post(PAGE, {"do": "codes", "code": code_now(), "password": PASSWORD})

    assert len(re.findall(r"<li><code", made.content.decode())) == 10
    used = [services.use_code(user=cast.piet, code=c, now=timezone.now()) for c in recovery]
    assert not any(used)


def test_switching_off_needs_password_and_code(client, cast, recovery):
    give_password(client)
    give_code(client, recovery[9])
    for code, password in ((wrong_code(), PASSWORD), (code_now(), "wrong")):
        answer = client.post(PAGE, {"do": "off", "code": code, "password": password})
        assert answer.status_code == 422
    assert SecondFactor.objects.exists()

    client.post(PAGE, {"do": "off", "code": code_now(), "password": PASSWORD})

    assert not SecondFactor.objects.exists()
    client.post("/account/sign-out/")
    give_password(client)
    assert inside(client)


def test_a_session_that_was_taken_over_cannot_guess_at_the_code(client, cast, recovery):
    client.force_login(cast.piet)
    for _ in range(throttle.CODE.tries):
        client.post(PAGE, {"do": "off", "code": wrong_code(), "password": PASSWORD})

    client.post(PAGE, {"do": "off", "code": code_now(), "password": PASSWORD})

    assert SecondFactor.objects.exists()


def test_an_administrator_takes_it_off_with_a_reason_and_nobody_else(client, cast, recovery):
    root = services.create_user(
        actor=SYSTEM, email="root@example.org", full_name="Root", is_system_admin=True
    )
    with pytest.raises(NotAllowed):
        services.remove_second_factor(actor=cast.ada.actor(), user=cast.piet, reason="Asked")
    with pytest.raises(NotAllowed):
        services.remove_second_factor(actor=root.actor(), user=root, reason="Asked")
    with pytest.raises(Invalid):
        services.remove_second_factor(actor=root.actor(), user=cast.piet, reason=" ")
    client.force_login(root)
    address = f"/register/people/{cast.piet.pk}/second-factor/"
    assert address in client.get(f"/register/people/{cast.piet.pk}/").content.decode()

    client.post(address, {"reason": "Telephone lost"})

    assert not SecondFactor.objects.exists()
    event = AuditEvent.objects.get(action="user.second_factor_removed")
    assert (event.actor_id, event.object_id, event.reason) == (
        root.pk,
        cast.piet.pk,
        "Telephone lost",
    )


def test_nobody_changes_it_for_another_or_by_a_token(cast, recovery):
    proof = {"code": recovery[0], "password": PASSWORD, "now": timezone.now()}
    for actor in (cast.ada.actor(), cast.piet.actor("api")):
        with pytest.raises(NotAllowed):
            services.switch_off_second_factor(actor=actor, user=cast.piet, **proof)


def test_tokens_go_on(client, cast, recovery):
    _, secret = services.create_token(
        actor=cast.piet.actor(), user=cast.piet, name="T", may_write=False
    )

    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == 200


def test_neither_log_nor_audit_holds_a_code(client, cast, recovery, caplog):
    caplog.set_level(logging.INFO)
    give_password(client)
    wrong, right = wrong_code(), code_now()
    give_code(client, wrong)
    give_code(client, right)

    told = "".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    told += str(list(AuditEvent.objects.values()))
    assert "sign-in-code-failed" in told
    assert f"'{wrong}'" not in told and f"'{right}'" not in told
    assert SecondFactor.objects.get().seed not in told
    assert not any(code in told for code in recovery)


def test_the_picture_is_the_link():
    """The three corner marks stand inside a quiet zone of four, and another link is another one."""
    side, dark = codes.picture("otpauth://totp/a?secret=ABCD")
    squares = {tuple(map(int, pair.split())) for pair in re.findall(r"M(\d+ \d+)h", dark)}

    for left, top in ((4, 4), (side - 11, 4), (4, side - 11)):
        ring = {(left + x, top + y) for x in range(7) for y in range(7) if {x, y} & {0, 6}}
        assert ring <= squares
    assert all(4 <= at < side - 4 for square in squares for at in square)
    assert codes.picture("otpauth://totp/a?secret=ABCE")[1] != dark
