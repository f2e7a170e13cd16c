# SPDX-License-Identifier: Apache-2.0
"""From bytes to rows of tables: encodings, broken lines, and the bounds on what is read.

A file is a head, then tables: ``%T`` names one, ``%F`` its columns, each ``%R`` is a row, and
``%E`` ends the file. Fields are separated by tabs.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.remedies import with_remedy

_TAG = re.compile(r"%[TFRE](?:\t|$)")
_BOM = codecs.BOM_UTF8


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold at most.

    Parameters
    ----------
    bytes, rows, columns, record_bytes : int
        Of the whole file; rows of all tables; columns of one table; one row.
    projects, wbs, tasks, links, resources, rates, assignments, calendars, exceptions : int
        Rows of each kind in the whole file; exceptions are days of all calendars.
    name_length, notes_length : int
        Characters; a longer name is refused, longer notes are cut with a notice.
    """

    bytes: int = 50 * 1024 * 1024
    rows: int = 1_000_000
    columns: int = 500
    record_bytes: int = 4 * 1024 * 1024
    projects: int = 1_000
    wbs: int = 50_000
    tasks: int = 50_000
    links: int = 200_000
    resources: int = 20_000
    rates: int = 100_000
    assignments: int = 200_000
    calendars: int = 2_000
    exceptions: int = 100_000
    name_length: int = 500
    notes_length: int = 50_000


class Record:
    """One row of a table: the text of each field by its column."""

    __slots__ = ("columns", "line", "table", "texts")

    def __init__(self, table: str, line: int, columns: list[str], values: list[str]) -> None:
        self.table, self.line, self.columns = table, line, columns
        self.texts = dict(zip(columns, values))

    def text(self, name: str) -> str:
        """A field without blanks around it; empty where the table has no such column."""
        return self.texts.get(name, "").strip()


@dataclass(slots=True)
class Head:
    """The first line, and what was noticed while reading."""

    fields: list[str] = field(default_factory=list)
    doubtful_lines: int = 0


def refuse(code: str, message: str, place: str = "") -> NoReturn:
    """Raise the error of this format, with what to do about it."""
    raise FormatError(f"xer.{code}", with_remedy(code, message), (place,) if place else ())


def scan(source: BinaryIO, limits: Limits, head: Head, encoding: str = "") -> Iterator[Record]:
    """Yield each row of each table; ``head`` is filled on the way."""
    table, columns, rows, ended = "", list[str](), 0, False
    for line, text in _joined(_lines(source, limits, head, encoding), limits):
        tag, _, rest = text.partition("\t")
        if tag == "%R":
            rows += 1
            if rows > limits.rows:
                refuse("limit", f"The file has more than {limits.rows:,} rows.")
            if not columns:
                refuse("fields", f"Line {line}: a row stands before the columns (%F) of its table.")
            values = rest.split("\t")
            if len(values) > len(columns) and any(values[len(columns) :]):
                refuse(
                    "columns",
                    f"Line {line}, table {table[:40]}: the row has {len(values):,} fields for "
                    f"{len(columns):,} columns.",
                    table[:40],
                )
            yield Record(table, line, columns, values)
        elif tag == "%F":
            columns = _columns(table, line, rest.split("\t"), limits)
        elif tag == "%T":
            table, columns = rest.strip(), []
        elif tag == "%E":
            ended = True
            break
        else:
            head.fields = rest.split("\t")
    if not ended:
        refuse(
            "truncated",
            "The file has no end mark (%E): it is damaged or cut. Export or send it once more.",
        )


def _columns(table: str, line: int, names: list[str], limits: Limits) -> list[str]:
    if len(names) > limits.columns:
        refuse(
            "limit",
            f"Line {line}: table {table[:40]} has {len(names):,} columns; export the project once "
            "more.",
            table[:40],
        )
    columns = [name.strip() for name in names]
    if len(set(columns)) < len(columns):
        refuse("fields", f"Line {line}: table {table[:40]} names a column twice.", table[:40])
    return columns


def _joined(lines: Iterator[tuple[int, str]], limits: Limits) -> Iterator[tuple[int, str]]:
    """Rows in one piece: what does not begin with a tag belongs to the row before."""
    first, parts, size = 0, list[str](), 0
    for line, text in lines:
        if parts and not _TAG.match(text):
            size += len(text) + 1
            if size > limits.record_bytes:
                refuse("limit", f"Line {first}: a row is longer than {limits.record_bytes:,}.")
            parts.append(text)
            continue
        if parts:
            yield first, "\n".join(parts)
        first, parts, size = line, [text], len(text)
    if parts:
        yield first, "\n".join(parts)


def _lines(
    source: BinaryIO, limits: Limits, head: Head, encoding: str
) -> Iterator[tuple[int, str]]:
    decode = _decoder(head, encoding)
    seen = number = 0
    while raw := source.readline(limits.record_bytes + 1):
        number += 1
        seen += len(raw)
        if seen > limits.bytes:
            refuse(
                "too_large",
                f"The file is larger than {limits.bytes // 1024 // 1024} MB, the most that is "
                "read. Export fewer projects or leave out what is not planned.",
            )
        if len(raw) > limits.record_bytes:
            refuse("limit", f"Line {number}: it is longer than {limits.record_bytes:,} bytes.")
        if number == 1:
            raw = raw.removeprefix(_BOM)
            _check_head(raw)
        yield number, decode(raw.rstrip(b"\r\n"))
    if not number:
        refuse("empty", "The file is empty; export the project from Primavera once more.")


def _check_head(raw: bytes) -> None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        refuse("encoding", "Line 1: the file is UTF-16; save it as UTF-8 or export it once more.")
    if not raw.startswith(b"ERMHDR"):
        refuse(
            "not_xer",
            "Line 1: this is no Primavera XER file, which begins with ‹ERMHDR›. In Primavera "
            "choose File, Export, Primavera P6 (XER).",
        )


class _Decoder:
    """Each line as UTF-8, else as Windows-1252, in which Primavera writes western files."""

    def __init__(self, head: Head, encoding: str) -> None:
        self._head, self._encoding = head, encoding

    def __call__(self, raw: bytes) -> str:
        if not self._encoding:
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                pass
        try:
            return raw.decode(self._encoding or "cp1252")
        except UnicodeDecodeError:
            self._head.doubtful_lines += 1
            return raw.decode(self._encoding or "cp1252", "replace")


def _decoder(head: Head, encoding: str) -> _Decoder:
    if encoding:
        try:
            text = codecs.lookup(encoding)._is_text_encoding
        except LookupError:
            text = False
        if not text:
            refuse("encoding", f"The encoding ‘{encoding[:40]}’ is not known; name another one.")
    return _Decoder(head, encoding)
