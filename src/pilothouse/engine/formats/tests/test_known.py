# SPDX-License-Identifier: Apache-2.0
"""Texts that are understood once."""

from __future__ import annotations

import pytest

from pilothouse.engine.formats.known import Known, Malformed, Words


def test_a_text_is_converted_once_without_its_blanks():
    asked = []
    known = Known(lambda text: asked.append(text) or int(text), -1)

    assert [known[" 7"], known[" 7"], known["7"], known[None], known["  "]] == [7, 7, 7, -1, -1]
    assert asked == ["7", "7"]


def test_what_is_no_value_is_refused_each_time_and_a_long_text_is_cut():
    def refuse(text):
        raise Malformed("value", f"is {text}")

    known = Known(refuse, None)

    for _ in range(2):
        with pytest.raises(Malformed, match=f"^is {'x' * 40}…$"):
            known["x" * 61]
    assert len(known) == 0


def test_memory_is_bounded():
    known = Known(int, 0)
    for number in range(20_000):
        assert known[str(number)] == number

    assert len(known) <= 8_192
    assert known[None] == 0


def test_words_are_not_remembered():
    words = Words()

    assert [words[" a b "], words[None]] == ["a b", ""]
    assert len(words) == 0
