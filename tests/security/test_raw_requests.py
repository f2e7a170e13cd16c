# SPDX-License-Identifier: Apache-2.0
"""Requests that a proxy and the server might read differently, sent byte by byte (ASVS 4.2.1)."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from browsing import served
from pilothouse.config import asgi

STILL = 2.0
"""Seconds without an answer after which none is expected any more."""
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def answering(scope, receive, send):
    """An application that reads each request to its end and answers 200."""
    while (await receive()).get("more_body"):
        pass
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def port():
    """The server that is used in earnest, before an application that would answer anything."""
    with served(asgi.framed(answering)) as address:
        yield urlsplit(address).port


def answers(port: int, head: str, body: bytes = b"") -> list[bytes]:
    """First lines of all answers to what is sent in one go, until the line is still or closed."""
    read = b""
    with socket.create_connection(("127.0.0.1", port), timeout=STILL) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + body)
        with suppress(TimeoutError, ConnectionResetError):
            while part := line.recv(65536):
                read += part
    return [row for row in read.split(b"\r\n") if row.startswith(b"HTTP/1.1 ")]


HEAD = "POST /healthz HTTP/1.1\nHost: localhost\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: 4\nTransfer-Encoding: chunked\n", b"0\r\n\r\n" + SMUGGLED),
        ("Transfer-Encoding: chunked\nContent-Length: 999\n", b"0\r\n\r\n" + SMUGGLED),
        ("Transfer-Encoding: chunked\nTransfer-Encoding: identity\n", b"0\r\n\r\n" + SMUGGLED),
        ("Transfer-Encoding: xchunked\n", b"0\r\n\r\n" + SMUGGLED),
        ("Transfer-Encoding : chunked\n", b"0\r\n\r\n" + SMUGGLED),
        ("Transfer-Encoding: chunked\n", b"zz\r\n" + SMUGGLED),
        ("Transfer-Encoding: chunked\n", b"-1\r\n" + SMUGGLED),
        ("Content-Length: 0\nContent-Length: 44\n", SMUGGLED),
        ("Content-Length: +44\n", SMUGGLED),
        ("Content-Length: 0x2c\n", SMUGGLED),
        ("Content-Length: 44, 0\n", SMUGGLED),
        ("X-One: 1\n folded: 2\nContent-Length: x\n", SMUGGLED),
        ("X-NUL: a\x00b\n", b""),
    ],
)
def test_a_request_of_two_lengths_is_refused_and_nothing_behind_it_is_read(port, headers, body):
    told = answers(port, HEAD + headers + "\n", body)

    assert [line.split()[1] for line in told] == [b"400"], told


def test_a_request_whose_length_is_plain_is_answered_with_what_follows_it(port):
    head = "GET /healthz HTTP/1.1\nHost: localhost\n\n"

    told = answers(port, head + head)

    assert [line.split()[1] for line in told] == [b"200", b"200"]
