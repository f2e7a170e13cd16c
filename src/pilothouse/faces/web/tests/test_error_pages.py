# SPDX-License-Identifier: Apache-2.0
"""Whatever goes wrong, a person sees a page of the product that says what to do."""

import pytest
from django.conf import settings

from pilothouse.faces.web.views import server_error

TOO_MUCH = b"theme=" + b"d" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def shown(response):
    return (response.status_code, response.content.decode().split('id="error-title">')[1])


@pytest.fixture
def door(client, cast):
    client.force_login(cast.piet)
    client.raise_request_exception = False
    return client


def test_an_unknown_address_is_a_page_with_the_navigation(door):
    status, html = shown(door.get("/nowhere/"))

    assert (status, html.startswith("Not here<")) == (404, True)
    assert "No page has this address." in html


def test_an_unknown_address_is_a_page_for_strangers_too(client, db):
    response = client.get("/nowhere/")

    assert shown(response)[0] == 404
    assert "ph-side" not in response.content.decode()


def test_a_page_that_takes_forms_only_says_so(door):
    response = door.get("/theme/")
    status, html = shown(response)

    assert (status, html.startswith("This page is used in another way<")) == (405, True)
    assert response.headers["Allow"] == "POST"


def test_too_large_a_form_is_refused_and_changes_nothing(door, cast):
    kind = "application/x-www-form-urlencoded"
    status, html = shown(door.post("/theme/", TOO_MUCH, content_type=kind))

    assert (status, html.startswith("Too large<")) == (413, True)
    assert "A form may send 12 MB." in html
    cast.piet.refresh_from_db()
    assert cast.piet.preferences == {}


def test_a_malformed_request_is_a_page(door):
    status, html = shown(door.get("/", headers={"host": "elsewhere.example"}))

    assert (status, html.startswith("Not understood<")) == (400, True)


def test_a_fault_of_ours_is_a_page_that_tells_nothing_of_it(door, monkeypatch):
    def broken(actor, text):
        raise RuntimeError("the rudder is gone")

    monkeypatch.setattr("pilothouse.faces.web.views.find", broken)
    status, html = shown(door.get("/search/?q=quay"))

    assert (status, html.startswith("Something broke on our side<")) == (500, True)
    assert "rudder" not in html


def test_the_page_of_a_fault_needs_no_database(rf):
    assert shown(server_error(rf.get("/")))[0] == 500
