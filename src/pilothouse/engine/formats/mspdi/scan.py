# SPDX-License-Identifier: Apache-2.0
"""From bytes to elements: every defence against a hostile or damaged file stands here.

Nothing is expanded, fetched or included; a document type is refused before its content
is parsed; the tree never holds more than one row of the plan.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NoReturn

from lxml import etree

from pilothouse.engine.errors import FormatError

_HEAD_BYTES = 65_536
_XINCLUDE = "{http://www.w3.org/2001/XInclude}"
_KNOWN_NAMES = 2_000
_ROWS = ("Task", "Assignment", "Resource", "Calendar")
_SKIPPED = {
    "TimephasedData": "time-phased rows",
    "ExtendedAttribute": "custom field values",
    "OutlineCode": "outline codes",
    "Rate": "cost rates",
    "AvailabilityPeriod": "availability periods",
}
"""Elements that are counted, dropped at once and told in a notice."""


_BLOCKS = 16
"""Of the file, after which is counted what stays in memory."""
_COUNT = etree.XPath("string(count(//*))")
_ATTRIBUTE = re.compile(rb"=[\s\0]*[\"']")

_CUT = frozenset(
    {
        etree.ErrorTypes.ERR_DOCUMENT_END,
        etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
        etree.ErrorTypes.ERR_GT_REQUIRED,
        etree.ErrorTypes.ERR_LTSLASH_REQUIRED,
        etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED,
        etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED,
        etree.ErrorTypes.ERR_CDATA_NOT_FINISHED,
        etree.ErrorTypes.ERR_PI_NOT_FINISHED,
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold at most.

    Parameters
    ----------
    bytes, elements, attributes : int
        Of the whole file; attributes are counted by their quotes.
    kept : int
        Elements that belong to no row and stay in memory while the file is read.
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


class _LocalNames(dict[object, str]):
    """Tag → name without namespace; empty for what is no element. Each is worked out once."""

    def __missing__(self, tag: object) -> str:
        name = tag.rpartition("}")[2] if isinstance(tag, str) else ""
        if len(self) < _KNOWN_NAMES:
            self[tag] = name
        return name


LOCAL_NAMES = _LocalNames()


def local_name(element: etree._Element) -> str:
    """Name without namespace; empty for a comment or an instruction."""
    return LOCAL_NAMES[element.tag]


def line_of(element: etree._Element) -> int:
    """The line on which it begins, 0 where that is not known."""
    line: int | None = element.sourceline  # type: ignore[assignment]
    return line or 0


def refuse(code: str, message: str, place: str = "") -> NoReturn:
    """Raise the error of this format."""
    raise FormatError(f"mspdi.{code}", message, (place,) if place else ())


class _Prolog:
    """Parser target that looks no further than the first element."""

    found = False

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        refuse(
            "doctype",
            "Line 1: the file declares a document type (DTD). Plans have none, and it could "
            "make the server read or compute what it should not; save the plan anew from "
            "Microsoft Project.",
            "DOCTYPE",
        )

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:
        self.found = True

    def end(self, tag: str | bytes) -> None:
        return None

    def data(self, data: str | bytes) -> None:
        return None

    def comment(self, text: str | bytes) -> None:
        return None

    def close(self) -> None:
        return None


class _Source:
    """The file behind its head, counted."""

    def __init__(self, head: bytes, rest: BinaryIO, limit: int) -> None:
        self._head, self._rest, self._limit = head, rest, limit
        self._seen = 0

    def read(self, size: int = -1) -> bytes:
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


def scan(source: BinaryIO, limits: Limits, tally: Tally) -> Iterator[tuple[str, etree._Element]]:
    """Yield (kind, element) for each calendar, task, resource and assignment, then for the header.

    ``kind`` is ``Project`` for a field of the header. The element is cleared when the next
    one is asked for.
    """
    head = source.read(_HEAD_BYTES)
    check_head(head)
    _check_root(head)
    try:
        yield from _walk(_Source(head, source, limits.bytes), limits, tally)
    except etree.XMLSyntaxError as error:
        _refuse_syntax(error)
    except LookupError as error:
        refuse("encoding", f"The file names an encoding that is not known: {error}.")


def check_head(head: bytes) -> None:
    """Refuse by its first 64 kB what is empty, no XML, or declares what a plan never needs."""
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
    target = _Prolog()
    parser = etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        parser.feed(head)
    except etree.XMLSyntaxError as error:
        if not target.found:
            _refuse_syntax(error)
    except LookupError as error:
        refuse("encoding", f"The file names an encoding that is not known: {error}.")
    if not target.found:
        refuse("not_xml", "No element stands in the first 64 kB; this is no plan.")


def _check_root(head: bytes) -> None:
    """Refuse what is no plan by its first element, before the rest is looked at."""
    parser = _parser("start", "*")
    with suppress(etree.XMLSyntaxError):
        parser.feed(head)
    for element in _elements(parser):
        name, line = local_name(element), element.sourceline
        if name != "Project":
            refuse(
                "not_a_plan",
                f"Line {line}: this is an XML file, but not a plan: it begins with "
                f"‹{name[:60]}› instead of ‹Project›. In Microsoft Project choose Save As and "
                "the type XML.",
                name[:60],
            )
        return


def _elements(parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    for _, element in parser.read_events():
        if isinstance(element, etree._Element):
            yield element


def _parser(event: Literal["start", "end"], *tags: str) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=(event,),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refuse_syntax(error: etree.XMLSyntaxError) -> NoReturn:
    line, reason = error.lineno or 1, (error.msg or "damaged").split("\n")[0][:200]
    if "depth" in reason.lower():
        refuse("limit", f"Line {line}: an element is nested more than 256 deep.")
    if "huge" in reason.lower() or "too long" in reason.lower() or "too big" in reason.lower():
        refuse("limit", f"Line {line}: more than a plan can hold ({reason}).")
    if getattr(error, "code", None) in _CUT:
        refuse(
            "truncated",
            f"Line {line}: the file is damaged or ends in the middle ({reason}). Save or send it "
            "once more.",
        )
    if getattr(error, "code", None) == etree.ErrorTypes.ERR_INVALID_ENCODING:
        refuse(
            "encoding",
            f"Line {line}: a character is not in the encoding that the file names ({reason}). Save "
            "the file as UTF-8.",
        )
    refuse("not_xml", f"Line {line}: this is not well-formed XML ({reason}).")


def _walk(source: _Source, limits: Limits, tally: Tally) -> Iterator[tuple[str, etree._Element]]:
    """Only rows, and what is passed over inside them, come up from the parser."""
    names = (*_ROWS, *_SKIPPED)
    parser = _parser("end", *(f"{{*}}{name}" for name in names), f"{_XINCLUDE}*")
    started = attributes = blocks = 0
    root: etree._Element | None = None
    while block := source.read():
        started += block.count(b"<") - block.count(b"</")
        attributes += len(_ATTRIBUTE.findall(block))
        blocks += 1
        if started > limits.elements:
            refuse("limit", f"The file has more than {limits.elements:,} elements.")
        if attributes > limits.attributes:
            refuse("limit", f"The file has more than {limits.attributes:,} attributes.")
        parser.feed(block)
        for element in _elements(parser):
            root = _root_of(element) if root is None else root
            name = local_name(element)
            if str(element.tag).startswith(_XINCLUDE):
                line = element.sourceline
                refuse(
                    "include", f"Line {line}: the file asks to include another (XInclude).", name
                )
            if _is_row(element, root):
                if name in _ROWS:
                    yield name, element
                _drop(element)
            elif name in _SKIPPED:
                tally.skipped[_SKIPPED[name]] += 1
                element.clear()
            elif str(element.tag).startswith(_XINCLUDE):
                line = element.sourceline
                refuse(
                    "include", f"Line {line}: the file asks to include another (XInclude).", name
                )
        if blocks % _BLOCKS == 0:
            _check_kept(root, started, limits)
    root = parser.close()
    for element in root:
        if len(element) == 0:
            yield "Project", element


def _root_of(element: etree._Element) -> etree._Element:
    root: etree._Element = element.getroottree().getroot()
    return root


def _is_row(element: etree._Element, root: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.getparent() is root


def _check_kept(root: etree._Element | None, started: int, limits: Limits) -> None:
    """What is no row stays in memory; a plan has little of it."""
    kept = started if root is None else int(str(_COUNT(root)))
    if kept > limits.kept:
        refuse("limit", f"The file has more than {limits.kept:,} elements outside of its rows.")


def _drop(element: etree._Element) -> None:
    """Free a finished element and what stands before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
