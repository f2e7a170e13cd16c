# SPDX-License-Identifier: Apache-2.0
"""Writes that another site sends in somebody's name are refused (ASVS 3.5.1, 3.5.2)."""

from __future__ import annotations

import json

import pytest
import walking
from django.test import Client

_, TABLE = walking.read_table()
pytestmark = pytest.mark.django_db
UNSAFE = [
    line
    for line in TABLE
    if line.method != "GET"
    and not line.address.startswith("api:unknown")
    and line.address not in ("progress:link", "notices:do")
]
"""Without the links of mails: each is proof by itself, no session speaks there (``test_links.py``)."""


@pytest.fixture(scope="module")
def sealed(house):
    """Ada's browser, which sends its cookies whoever asks, and the seal of her session."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies = house.browser("ada").cookies.copy()
    client.get("/account/profile/")
    return client, client.cookies["csrftoken"].value


def ask(client, line, url, **headers):
    if line.address in walking.operations():
        return client.generic(
            line.method, url, json.dumps({}), content_type="application/json", headers=headers
        )
    return client.generic(
        line.method, url, "a=1", content_type="application/x-www-form-urlencoded", headers=headers
    )


@pytest.mark.parametrize("line", UNSAFE, ids=str)
def test_no_write_goes_without_the_seal_of_the_session(house, sealed, line):
    client, seal = sealed
    url = walking.url_of(line, house.own)
    for headers in (
        {},
        {"X-CSRFToken": "x" * 64},
        {"X-CSRFToken": seal, "Origin": "https://evil.example"},
        {"X-CSRFToken": seal, "Origin": "null"},
    ):
        with walking.taken_back() as written:
            answer = ask(client, line, url, **headers)
        assert answer.status_code == 403, (headers, answer.status_code)
        assert written == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_cannot_speak_json(house, kind):
    """A page elsewhere can send these without being asked; the API reads neither."""
    with walking.taken_back():
        answer = house.browser("ada").generic(
            "POST", "/api/v1/views", '{"name": "x"}', content_type=kind
        )

    assert answer.status_code == 415
