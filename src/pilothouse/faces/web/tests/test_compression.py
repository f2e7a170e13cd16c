# SPDX-License-Identifier: Apache-2.0
import gzip

import pytest
from django.http import FileResponse, HttpResponse
from django.test import RequestFactory

from pilothouse.faces.web.compression import Compression

TEXT = b"Quay wall, phase two. " * 40


def answer(response, accepts="gzip, deflate"):
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return Compression(lambda _: response)(request)


def test_what_travels_is_packed_and_says_so():
    found = answer(HttpResponse(TEXT, headers={"ETag": '"7"'}))

    assert gzip.decompress(found.content) == TEXT
    assert found["Content-Encoding"] == "gzip"
    assert found["Content-Length"] == str(len(found.content))
    assert found["Vary"] == "Accept-Encoding"
    assert found["ETag"] == 'W/"7"'


def test_the_length_of_the_same_answer_differs():
    assert len({len(answer(HttpResponse(TEXT)).content) for _ in range(40)}) > 5


@pytest.mark.parametrize(
    ("response", "accepts"),
    [
        (HttpResponse(TEXT), "identity"),
        (HttpResponse(b"short"), "gzip"),
        (HttpResponse(bytes(range(256))), "gzip"),
        (HttpResponse(TEXT, headers={"Content-Encoding": "br"}), "gzip"),
    ],
)
def test_it_stays_as_it_is_where_packing_is_not_asked_for_or_does_not_help(response, accepts):
    before = response.content

    found = answer(response, accepts)

    assert found.content == before
    assert found.get("Content-Encoding") in (None, "br")


def test_what_comes_in_pieces_is_packed_piece_by_piece(tmp_path):
    path = tmp_path / "plan.txt"
    path.write_bytes(TEXT)

    found = answer(FileResponse(path.open("rb")))

    assert gzip.decompress(b"".join(found.streaming_content)) == TEXT
