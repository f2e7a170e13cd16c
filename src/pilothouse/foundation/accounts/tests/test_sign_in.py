# SPDX-License-Identifier: Apache-2.0
import re

from django.core import mail

from cast import PASSWORD


def sign_in(client, email="piet@example.org", password=PASSWORD):
    return client.post("/account/sign-in/", {"username": email, "password": password})


def test_a_person_signs_in_and_out(client, cast):
    assert sign_in(client).status_code == 302
    assert client.get("/account/profile/").status_code == 200

    client.post("/account/sign-out/")

    assert client.get("/account/profile/").status_code == 302


def test_the_session_gets_a_new_key_at_sign_in(client, cast):
    client.get("/account/sign-in/")
    before = client.session.session_key

    sign_in(client)

    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, cast):
    wrong = sign_in(client, password="wrong")
    unknown = sign_in(client, email="nobody@example.org", password="wrong")

    assert wrong.status_code == unknown.status_code == 422
    strip = re.compile(rb'value="[^"]*"')
    assert strip.sub(b"", wrong.content) == strip.sub(b"", unknown.content)


def test_a_disabled_account_cannot_sign_in_and_its_session_ends(client, cast):
    sign_in(client)
    cast.piet.is_active = False
    cast.piet.save(update_fields=["is_active"])

    assert client.get("/account/profile/").status_code == 302
    assert sign_in(client).status_code == 422


def test_a_redirect_after_sign_in_stays_on_this_host(client, cast):
    response = client.post(
        "/account/sign-in/?next=https://evil.example/",
        {"username": "piet@example.org", "password": PASSWORD, "next": "https://evil.example/"},
    )

    assert response.headers["Location"] == "/register/welcome/"


def test_a_reset_link_works_once(client, cast):
    client.post("/account/reset/", {"email": "piet@example.org"})
    link = re.search(r"http://\S+(/account/reset/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]

    done = client.post(
        address, {"new_password1": "a brand new sentence", "new_password2": "a brand new sentence"}
    )

    assert done.headers["Location"] == "/account/sign-in/"
    assert sign_in(client, password="a brand new sentence").status_code == 302
    client.post("/account/sign-out/")
    assert b"used already" in client.get(link, follow=True).content


def test_a_reset_for_an_unknown_address_sends_nothing_and_says_the_same(client, cast):
    known = client.post("/account/reset/", {"email": "piet@example.org"}, follow=True)
    unknown = client.post("/account/reset/", {"email": "nobody@example.org"}, follow=True)

    assert known.content == unknown.content
    assert len(mail.outbox) == 1


def test_a_token_is_shown_once_and_can_be_revoked(client, cast):
    client.force_login(cast.piet)

    made = client.post("/account/tokens/", {"name": "script", "days": "30", "may_write": "on"})
    token = cast.piet.tokens.get()
    again = client.get("/account/profile/")
    client.post(f"/account/tokens/{token.pk}/revoke/")

    assert token.prefix in made.content.decode()
    assert re.search(r"ph_[\w-]{20,}", made.content.decode())
    assert not re.search(r"ph_[\w-]{20,}", again.content.decode())
    token.refresh_from_db()
    assert not token.is_live


def test_nobody_revokes_the_token_of_another(client, cast):
    client.force_login(cast.piet)
    client.post("/account/tokens/", {"name": "script", "days": "30"})
    token = cast.piet.tokens.get()
    client.force_login(cast.tess)

    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404

    token.refresh_from_db()
    assert token.is_live


def test_a_token_without_a_use_or_too_long_is_refused(client, cast):
    client.force_login(cast.piet)

    assert client.post("/account/tokens/", {"name": " ", "days": "30"}).status_code == 422
    assert client.post("/account/tokens/", {"name": "x", "days": "400"}).status_code == 422

    assert cast.piet.tokens.count() == 0
