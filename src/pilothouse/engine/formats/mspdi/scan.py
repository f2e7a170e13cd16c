# SPDX-License-Identifier: Apache-2.0
"""From bytes to elements: every defence against a hostile or damaged file stands here.

Nothing is expanded, fetched or included; a document type is refused before anything that it
declares can be used; the tree never holds more than the rows of one block of the file.

Expat reads, and the elements are those of the standard library: they are made in C, in half the
time of others. They do not know their line. Only a refusal needs one, and `Lines` finds it by
reading the file once more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from typing import BinaryIO, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.remedies import with_remedy

_HEAD_BYTES = 65_536
_PROLOG_BYTES = 256
"""Of a piece in which the head is looked at: too few to declare and to use anything costly."""
_INCLUDE = "{http://www.w3.org/2001/XInclude}include"
_TAG = attrgetter("tag")
KNOWN_NAMES = 2_000
"""Of elements: a plan has some hundreds, a hostile file any number."""
_DEEPEST = 256
_STANDING = 32
"""Blocks after which the parser must have come to another element: text and comments end."""
_ROWS = frozenset({"Task", "Assignment", "Resource", "Calendar"})
SKIPPED = {
    "TimephasedData": "time-phased rows",
    "ExtendedAttribute": "custom field values",
    "OutlineCode": "outline codes",
    "Rate": "cost rates",
    "AvailabilityPeriod": "availability periods",
}
"""Elements that are counted and told in a notice."""


_ENCODED = re.compile(rb"""encoding\s*=\s*["']([\w.-]+)""")
_CONTINUED = bytes(range(0x80, 0xC0))
_BLOCKS = 16
"""Of the file, after which is counted what stays in memory."""
_ATTRIBUTE = re.compile(rb"=[\s\0]*[\"']")

_ERRORS = expat.errors
_CUT = frozenset(
    _ERRORS.codes[said]
    for said in (
        _ERRORS.XML_ERROR_NO_ELEMENTS,
        _ERRORS.XML_ERROR_UNCLOSED_TOKEN,
        _ERRORS.XML_ERROR_UNCLOSED_CDATA_SECTION,
        _ERRORS.XML_ERROR_PARTIAL_CHAR,
    )
)
_ENCODING = frozenset(
    _ERRORS.codes[said]
    for said in (_ERRORS.XML_ERROR_UNKNOWN_ENCODING, _ERRORS.XML_ERROR_INCORRECT_ENCODING)
)
_INVALID = _ERRORS.codes[_ERRORS.XML_ERROR_INVALID_TOKEN]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold at most.

    Parameters
    ----------
    bytes, elements, attributes : int
        Of the whole file; attributes are counted by their quotes.
    kept : int
        Elements that belong to no row; after so many elements their names are counted too.
    tasks, links, resources, assignments, calendars, exceptions : int
        Rows of each kind in the whole file; exceptions count after recurring ones are written
        out.
    work_weeks : int
        Of one calendar.
    name_length, notes_length : int
        Characters; a longer name is refused, longer notes are cut with a notice.
    """

    bytes: int = 50 * 1024 * 1024
    elements: int = 3_000_000
    attributes: int = 100_000
    kept: int = 500_000
    tasks: int = 50_000
    links: int = 200_000
    resources: int = 20_000
    assignments: int = 200_000
    calendars: int = 5_000
    exceptions: int = 100_000
    work_weeks: int = 200
    name_length: int = 500
    notes_length: int = 50_000


@dataclass(slots=True)
class Tally:
    """What was passed over while scanning."""

    skipped: Counter[str] = field(default_factory=Counter)

    def count(self, elements: Iterable[Element]) -> None:
        """Count what elements are or hold of it."""
        for element in elements:
            for inner in element.iter():
                label = SKIPPED.get(LOCAL_NAMES[inner.tag])
                if label is not None:
                    self.skipped[label] += 1


class _LocalNames(dict[str, str]):
    """Tag → name without namespace. Each is worked out once."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2]
        if len(self) < KNOWN_NAMES:
            self[tag] = name
        return name


LOCAL_NAMES = _LocalNames()


def local_name(element: Element) -> str:
    """Name without namespace."""
    return LOCAL_NAMES[element.tag]


def refuse(code: str, message: str, place: str = "") -> NoReturn:
    """Raise the error of this format, with what to do about it."""
    raise FormatError(f"mspdi.{code}", with_remedy(code, message), (place,) if place else ())


class Lines:
    """On which line an element begins; found by reading the file once more from its begin."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._begin = source.tell() if source.seekable() else None

    def of(self, row: int, part: int) -> int:
        """The line of a row (1 is the first element below one of the root's), or of a part of it.

        ``part`` counts the elements inside of the row in the order of the file, 0 is the row. The
        line is 0 where it is not known: the file cannot be read twice, or is none any more.
        """
        rows = parts = 0

        def is_it(depth: int) -> bool:
            nonlocal rows, parts
            if depth == 3:
                rows += 1
            elif depth > 3 and rows == row:
                parts += 1
            return rows == row and parts == part

        return self._first(is_it)

    def nested(self, most: int) -> int:
        """The line of the first element that is nested deeper than that; 0 as above."""
        return self._first(lambda depth: depth > most)

    def _first(self, is_it: Callable[[int], bool]) -> int:
        if self._begin is None:
            return 0
        parser = expat.ParserCreate()
        depth = line = 0

        def start(_name: str, _attributes: object) -> None:
            nonlocal depth, line
            depth += 1
            if is_it(depth):
                line = parser.CurrentLineNumber
                parser.StartElementHandler = parser.EndElementHandler = None

        def end(_name: str) -> None:
            nonlocal depth
            depth -= 1

        parser.StartElementHandler, parser.EndElementHandler = start, end
        self._source.seek(self._begin)
        with suppress(expat.ExpatError, LookupError, ValueError):
            while line == 0 and (block := self._source.read(_HEAD_BYTES)):
                parser.Parse(block, False)
        return line


class _Source:
    """The file behind its head, counted."""

    def __init__(self, head: bytes, rest: BinaryIO, limit: int) -> None:
        self._head, self._rest, self._limit = head, rest, limit
        self._seen = 0

    def read(self) -> bytes:
        block, self._head = self._head, b""
        if not block:
            block = self._rest.read(_HEAD_BYTES)
        self._seen += len(block)
        if self._seen > self._limit:
            refuse(
                "too_large",
                f"The file is larger than {self._limit // 1024 // 1024} MB, the most that is "
                "read. Remove time-phased data or split the plan.",
            )
        return block


def scan(source: BinaryIO, limits: Limits, lines: Lines) -> Iterator[tuple[str, Element, int]]:
    """Yield (kind, element, number) for each calendar, task, resource and assignment.

    ``number`` counts the rows of the file, for `Lines`. At last comes the root, with the kind
    ``Project``: the fields of the header are its elements.
    """
    head = source.read(_HEAD_BYTES)
    name, line = check_head(head)
    if name != "Project":
        refuse(
            "not_a_plan",
            f"Line {line}: this is an XML file, but not a plan: it begins with "
            f"‹{name[:60]}› instead of ‹Project›. In Microsoft Project choose Save As and "
            "the type XML.",
            name[:60],
        )
    unread = 0
    for element, number in _rows(_Source(head, source, limits.bytes), limits, lines):
        kind = LOCAL_NAMES[element.tag] if number else "Project"
        asking = next(element.iter(_INCLUDE), None)
        if asking is not None:
            if number:
                line = lines.of(number, list(element.iter()).index(asking)) or line
            refuse(
                "include", f"Line {line}: the file asks to include another (XInclude).", "include"
            )
        if kind in _ROWS or not number:
            yield kind, element, number
            continue
        unread += sum(1 for _ in element.iter())
        if unread > limits.kept:
            _refuse_kept(limits)


def check_head(head: bytes) -> tuple[str, int]:
    """Refuse by its first 64 kB what is empty, no XML, or declares what a plan never needs.

    Returns the name of the first element and its line.
    """
    if not head.strip():
        refuse("empty", "The file is empty; save the plan from Microsoft Project once more.")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        refuse(
            "mpp",
            "This is a Microsoft Project file (.mpp). In Microsoft Project choose Save As and "
            "the type XML, then upload that file.",
        )
    if head.startswith(b"PK"):
        refuse("zip", "This is a ZIP or Excel file, not XML; unpack it or save the plan as XML.")
    if re.search(rb"""encoding\s*=\s*["']utf-?7""", head[:400], re.IGNORECASE):
        refuse("encoding", "Line 1: the encoding UTF-7 is not allowed; save the file as UTF-8.")
    first: list[tuple[str, int]] = []
    parser = expat.ParserCreate()

    def start(name: str, _attributes: object) -> None:
        first.append((name.rpartition(":")[2], parser.CurrentLineNumber))

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for place in range(0, len(head), _PROLOG_BYTES):
            parser.Parse(head[place : place + _PROLOG_BYTES], False)
            if first:
                break
    except expat.ExpatError as error:
        if not first:
            _refuse_syntax(error, head, head)
    except (LookupError, ValueError) as error:
        _refuse_encoding(error)
    if not first:
        refuse("not_xml", "No element stands in the first 64 kB; this is no plan.")
    return first[0]


def _refuse_doctype(*_declared: object) -> NoReturn:
    refuse(
        "doctype",
        "Line 1: the file declares a document type (DTD). Plans have none, and it could "
        "make the server read or compute what it should not; save the plan anew from "
        "Microsoft Project.",
        "DOCTYPE",
    )


def _refuse_encoding(error: Exception) -> NoReturn:
    refuse("encoding", f"The file names an encoding that is not known: {error}.")


def _refuse_syntax(error: expat.ExpatError | ParseError, head: bytes, block: bytes) -> NoReturn:
    line = error.position[0] if isinstance(error, ParseError) else error.lineno
    reason = expat.ErrorString(error.code)
    if error.code in _CUT:
        refuse(
            "truncated",
            f"Line {line}: the file is damaged or ends in the middle ({reason}). Save or send it "
            "once more.",
        )
    if error.code in _ENCODING or (error.code == _INVALID and _is_no_utf8(head, block)):
        refuse(
            "encoding",
            f"Line {line}: a character is not in the encoding that the file names ({reason}). Save "
            "the file as UTF-8.",
        )
    refuse("not_xml", f"Line {line}: this is not well-formed XML ({reason}).")


def _is_no_utf8(head: bytes, block: bytes) -> bool:
    """Whether a block holds what UTF-8 cannot, in a file that names no other encoding."""
    named = _ENCODED.search(head[:400])
    if named and named[1].lower() not in (b"utf-8", b"utf8"):
        return False
    try:
        block.lstrip(_CONTINUED).decode()
    except UnicodeDecodeError as error:
        return error.end < len(block) - 3
    return False


def _rows(source: _Source, limits: Limits, lines: Lines) -> Iterator[tuple[Element, int]]:
    """What stands two below the root, numbered from 1, once something follows; then the root."""
    builder = TreeBuilder()
    above = builder.start("", {})
    parser = XMLParser(target=builder)  # noqa: S314 - check_head lets no document type through
    head = block = source.read()
    started = attributes = blocks = number = finished = standing = 0
    names: set[str] = set()
    last: tuple[Element, int] | None = None
    try:
        while block:
            started += block.count(b"<") - block.count(b"</")
            attributes += len(_ATTRIBUTE.findall(block))
            blocks += 1
            if started > limits.elements:
                refuse("limit", f"The file has more than {limits.elements:,} elements.")
            if attributes > limits.attributes:
                refuse("limit", f"The file has more than {limits.attributes:,} attributes.")
            parser.feed(block)
            before, last = last, _last(above, lines)
            standing = standing + 1 if last == before else 0
            if standing > _STANDING:
                refuse("limit", "A text, tag or comment is longer than a plan can hold.")
            if len(above):
                for row in _followed(above[0], finished):
                    number += 1
                    if started > limits.kept:
                        _check_names(names, row)
                    yield row, number
                finished = len(above[0]) - 1
            if blocks % _BLOCKS == 0 and started > limits.kept:
                _check_names(names, above)
                if sum(1 for _ in above.iter()) > limits.kept:
                    _refuse_kept(limits)
            block = source.read()
        parser.close()
    except ParseError as error:
        _refuse_syntax(error, head, block)
    except (LookupError, ValueError) as error:
        _refuse_encoding(error)
    for row in list(above[0][-1]) if len(above[0]) else ():
        number += 1
        yield row, number
    yield above[0], 0


def _check_names(names: set[str], element: Element) -> None:
    """Add the names of what an element holds: the parser keeps each for as long as it reads."""
    names.update(map(_TAG, element.iter()))
    if len(names) > KNOWN_NAMES:
        refuse("limit", f"The file has more than {KNOWN_NAMES:,} different names of elements.")


def _refuse_kept(limits: Limits) -> NoReturn:
    """What is no row stays in memory or comes to nothing; a plan has little of it."""
    refuse("limit", f"The file has more than {limits.kept:,} elements outside of its rows.")


def _last(above: Element, lines: Lines) -> tuple[Element, int]:
    """The last element so far, and its depth; what is open now is never deeper."""
    depth = 0
    while len(above):
        above, depth = above[-1], depth + 1
    if depth > _DEEPEST:
        line = lines.nested(_DEEPEST)
        refuse(
            "limit",
            f"Line {line}: an element is nested more than {_DEEPEST} deep; save the plan once "
            "more.",
        )
    return above, depth


def _followed(root: Element, finished: int) -> Iterator[Element]:
    """Rows of the root's elements behind ``finished`` that are whole; they leave the tree."""
    for place in range(max(finished, 0), len(root)):
        container = root[place]
        rows = list(container) if place < len(root) - 1 else container[:-1]
        del container[: len(rows)]
        yield from rows
