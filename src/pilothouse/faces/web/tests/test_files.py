# SPDX-License-Identifier: Apache-2.0
"""Static files leave whole, with what a browser needs to keep them."""

import asyncio
import warnings
from pathlib import Path

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.staticfiles import finders
from django.core.asgi import get_asgi_application

ADDRESS = "/static/web/app.css"


@pytest.fixture
def body():
    return Path(finders.find("web/app.css")).read_bytes()


def test_a_file_is_answered_whole(client, body):
    response = client.get(ADDRESS)

    assert (response.status_code, response.streaming) == (200, False)
    assert response.content == body
    assert response["Content-Type"] == 'text/css; charset="utf-8"'
    assert response["Content-Length"] == str(len(body))


def test_what_is_known_already_is_not_sent_again(client):
    tag = client.get(ADDRESS)["ETag"]

    response = client.get(ADDRESS, headers={"If-None-Match": tag})

    assert (response.status_code, response.content) == (304, b"")


def test_a_part_is_sent_and_a_head_without_a_body(client, body):
    part = client.get(ADDRESS, headers={"Range": "bytes=10-19"})
    head = client.head(ADDRESS)

    assert (part.status_code, part.content) == (206, body[10:20])
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(body))


def test_other_sites_may_not_read_our_files(client):
    assert "Access-Control-Allow-Origin" not in client.get(ADDRESS)


def test_an_asynchronous_server_has_nothing_to_warn_of(body):
    async def ask():
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": ADDRESS,
            "query_string": b"",
            "headers": [(b"host", b"testserver")],
        }
        server = ApplicationCommunicator(get_asgi_application(), scope)
        await server.send_input({"type": "http.request", "body": b""})
        started = await server.receive_output(10)
        sent, more = b"", True
        while more:
            event = await server.receive_output(10)
            sent, more = sent + event["body"], event.get("more_body", False)
        await server.wait()
        return started["status"], sent

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(ask()) == (200, body)
