# SPDX-License-Identifier: Apache-2.0
"""What the text formats of levelling problems share: numbers with the lines they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pilothouse.engine.errors import FormatError

MOST_BYTES = 16_000_000
MOST_TASKS = 20_000
MOST_RESOURCES = 1_000
GREATEST = 10**9

_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"[+-]?\d{1,10}")


def read_text(source: BinaryIO) -> str:
    """The text of a file of bounded size.

    Raises
    ------
    FormatError
        ``rcpsp.too_large``, ``rcpsp.no_text``.
    """
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FormatError(
            "rcpsp.too_large",
            f"The file is larger than {MOST_BYTES} bytes; a problem of this kind is not.",
        )
    if b"\0" in data:
        raise FormatError("rcpsp.no_text", "The file holds no text; choose a text file.")
    return data.decode("latin-1")


def only_renewable(line: int) -> FormatError:
    """The refusal of a problem whose resources are used up, or limited both ways."""
    return FormatError(
        "rcpsp.resources",
        f"Line {line}: there are resources that do not renew; only problems with renewable "
        "resources are read.",
        (str(line),),
    )


class Numbers:
    """Whole numbers one after another, over the ends of lines.

    Parameters
    ----------
    lines : sequence of (line number, text)
    """

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._words = ((line, word) for line, text in lines for word in _WORD.findall(text))
        self.line = 1

    def next(self, what: str, least: int = 0, most: int = GREATEST) -> int:
        """The next number, which must lie between bounds.

        Raises
        ------
        FormatError
            ``rcpsp.cut`` at the end of the file, ``rcpsp.value`` with the line.
        """
        for line, word in self._words:
            self.line = line
            return self.parse(word, what, least, most)
        raise FormatError(
            "rcpsp.cut",
            f"Line {self.line}: the file ends where {what} is expected; it may have been cut.",
            (str(self.line),),
        )

    def bracketed(self, what: str) -> int:
        """The next number, written as ``[7]``."""
        for line, word in self._words:
            self.line = line
            inner = word[1:-1] if word[:1] == "[" and word[-1:] == "]" else word + " without []"
            return self.parse(inner, what, -GREATEST, GREATEST)
        return self.next(what)

    def many(self, count: int, what: str, least: int = 0, most: int = GREATEST) -> list[int]:
        """So many numbers."""
        return [self.next(what, least, most) for _ in range(count)]

    def parse(self, word: str, what: str, least: int, most: int) -> int:
        """A word as a number."""
        if not _NUMBER.fullmatch(word) or not least <= int(word) <= most:
            raise FormatError(
                "rcpsp.value",
                f"Line {self.line}: {what} is ‘{word[:30]}’, which is no whole number from "
                f"{least} to {most}; correct it.",
                (str(self.line),),
            )
        return int(word)

    def end(self) -> None:
        """Nothing may follow.

        Raises
        ------
        FormatError
            ``rcpsp.rest``.
        """
        for line, word in self._words:
            raise FormatError(
                "rcpsp.rest",
                f"Line {line}: ‘{word[:30]}’ follows after the problem is complete; remove it "
                "or correct the numbers of tasks and resources.",
                (str(line),),
            )


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1."""
    return enumerate(text.splitlines(), 1)


def single_mode(numbers: Numbers, what: str) -> None:
    """The next number, which must be 1.

    Raises
    ------
    FormatError
        ``rcpsp.modes``.
    """
    if numbers.next(what, 0) != 1:
        raise FormatError(
            "rcpsp.modes",
            f"Line {numbers.line}: a task has several modes; only problems with one mode of "
            "each task are read.",
            (str(numbers.line),),
        )
