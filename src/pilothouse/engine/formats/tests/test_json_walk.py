# SPDX-License-Identifier: Apache-2.0
"""Every value that does not fit is told with the way to it."""

from __future__ import annotations

from enum import StrEnum

import pytest

from pilothouse.engine.formats.json_walk import (
    Bounds,
    Misfit,
    choice,
    fixed,
    flag,
    listed,
    made,
    number,
    parsed,
    table,
    tagged,
    text,
    whole,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


ROW = made(
    dict,
    {"name": text(5, least=1), "size": whole(0, 9)},
    {
        "share": number,
        "open": flag,
        "colour": choice(Colour),
        "spans": listed(fixed((whole(0, 9), whole(0, 9)))),
        "by": table(listed(number)),
        "form": tagged("type", {"dot": made(dict, {"at": number}, {})}),
    },
)
ROWS = listed(ROW)
GOOD = {"name": "a", "size": 1}


@pytest.mark.parametrize(
    ("more", "kind", "path"),
    [
        ({"name": 4}, "type", "[1].name"),
        ({"name": ""}, "value", "[1].name"),
        ({"name": "abcdef"}, "limit", "[1].name"),
        ({"name": None}, "missing", "[1].name"),
        ({"size": True}, "type", "[1].size"),
        ({"size": 1.0}, "type", "[1].size"),
        ({"size": -1}, "range", "[1].size"),
        ({"share": "1"}, "type", "[1].share"),
        ({"share": 10**400}, "range", "[1].share"),
        ({"share": float("inf")}, "range", "[1].share"),
        ({"share": float("nan")}, "range", "[1].share"),
        ({"open": 1}, "type", "[1].open"),
        ({"colour": "green"}, "value", "[1].colour"),
        ({"colour": ["red"]}, "value", "[1].colour"),
        ({"spans": {}}, "type", "[1].spans"),
        ({"spans": [[1, 2], 3]}, "type", "[1].spans[1]"),
        ({"spans": [[1, 2, 3]]}, "type", "[1].spans[0]"),
        ({"spans": [[1, "2"]]}, "type", "[1].spans[0][1]"),
        ({"by": []}, "type", "[1].by"),
        ({"by": {"x": [1, None]}}, "type", "[1].by.x[1]"),
        ({"form": {"at": 1}}, "value", "[1].form.type"),
        ({"form": {"type": [], "at": 1}}, "value", "[1].form.type"),
        ({"form": {"type": "dot"}}, "missing", "[1].form.at"),
        ({"form": 3}, "type", "[1].form"),
        ({"colours": 1}, "unknown", "[1].colours"),
        ({"x" * 90: 1}, "unknown", f"[1].{'x' * 60}"),
    ],
)
def test_what_does_not_fit_is_told_with_its_kind_and_the_way_to_it(more, kind, path):
    with pytest.raises(Misfit) as caught:
        ROWS([GOOD, {**GOOD, **more}])

    assert (caught.value.kind, caught.value.path) == (kind, path)


def test_a_value_that_fits_is_read():
    row = {
        **GOOD,
        "share": 2,
        "open": True,
        "colour": "red",
        "spans": [[1, 2]],
        "by": {"x": [1]},
        "form": {"type": "dot", "at": 1},
    }

    assert ROW(row) == {
        "name": "a",
        "size": 1,
        "share": 2.0,
        "open": True,
        "colour": Colour.RED,
        "spans": ((1, 2),),
        "by": {"x": (1.0,)},
        "form": {"at": 1.0},
    }


def test_null_is_left_out_unless_it_is_a_value():
    assert ROW({**GOOD, "share": None}) == GOOD
    strict = made(dict, {}, {"share": number}, null=True)
    with pytest.raises(Misfit, match="is null, not a number"):
        strict({"share": None})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b" ", "empty"),
        (b"{", "json"),
        (b"[NaN]", "json"),
        (b"[-Infinity]", "json"),
        (b"\xff", "encoding"),
        ('["é"]'.encode("utf-16"), "encoding"),
        (b'{"a": 1, "a": 1}', "duplicate"),
        (b"[" + b"9" * 402 + b"]", "limit"),
        (b"[" * 20, "limit"),
        (b"[1,1,1,1,1,1]", "limit"),
        (b" " * 1000 + b"[]", "size"),
    ],
)
def test_a_document_beyond_its_bounds_is_refused_before_it_is_read(data, kind):
    with pytest.raises(Misfit) as caught:
        parsed(data, Bounds(bytes=1_000, brackets=10, values=4))

    assert (caught.value.kind, caught.value.path) == (kind, "")


def test_nesting_without_end_is_refused():
    with pytest.raises(Misfit, match="nested deeper"):
        parsed(b"[" * 200_000, Bounds(bytes=10**6))


def test_fractions_are_refused_where_there_are_none():
    assert parsed(b"[1.5, 1e3, 7]", Bounds(bytes=100)) == [1.5, 1000.0, 7]
    for data in (b"[1.5]", b"[1e400]", b"[NaN]"):
        with pytest.raises(Misfit, match="whole numbers only") as caught:
            parsed(data, Bounds(bytes=100, fractions=False))
        assert caught.value.kind == "value"
