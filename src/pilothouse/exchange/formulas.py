# SPDX-License-Identifier: Apache-2.0
"""Formulas of a sheet and which of them have no saved value, which the parser reads as blank.

A spreadsheet program saves the value beside each formula; a program that writes a workbook often
does not. Runs after the archive was measured (``workbooks``), in the process of the reader.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

REFERENCE = re.compile(r"([A-Z]{1,4})(\d{1,8})")
SHOWN = 60
MAX_ROW = 1_048_576
PARTS = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"

Start = Callable[[str, dict[str, str]], None]


@dataclass(slots=True)
class Formulas:
    """How many have a saved value; position (row, column from 0) → text of those without."""

    saved: int = 0
    unsaved: dict[tuple[int, int], str] = field(default_factory=dict)


def formulas_of(data: bytes, sheet: str) -> Formulas:
    """The formulas of the sheet of this name. Raises ValueError if its XML cannot be read."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        try:
            cells = _Cells()
            with archive.open(_part_of(archive, sheet)) as stream:
                cells.parser.ParseFile(stream)
        except (expat.ExpatError, KeyError) as error:
            raise ValueError(str(error)) from None
    return cells.found


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Where in the archive the sheet of this name stands."""
    relation: dict[str, str] = {}
    targets: dict[str, str] = {}

    def names(tag: str, given: dict[str, str]) -> None:
        if _bare(tag) == "sheet":
            found = {_bare(name): value for name, value in given.items() if ":" in name}
            relation[given.get("name", "")] = found.get("id", "")

    def places(tag: str, given: dict[str, str]) -> None:
        if _bare(tag) == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    _parser(names).Parse(archive.read(PARTS), True)
    _parser(places).Parse(archive.read(RELATIONS), True)
    return posixpath.normpath(posixpath.join("/xl", targets[relation[sheet]])).lstrip("/")


def _parser(start: Start) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def _no_doctype(*_: object) -> None:
    raise ValueError("a part of the workbook declares a document type")


def _bare(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Cells:
    """Follows a sheet cell by cell; those without a reference stand after the one before.

    Only within a cell with a formula it listens to texts and ends, for a sheet has many cells.
    """

    def __init__(self) -> None:
        self.found = Formulas()
        self.parser = _parser(self._start)
        self._row = self._column = -1
        self._kind: str | None = None
        self._part = ""
        self._formula = self._value = ""

    def _start(self, tag: str, given: dict[str, str]) -> None:
        name = _bare(tag)
        if name == "c":
            self._place(given.get("r", ""))
            self._kind = given.get("t")
        elif name == "row":
            number = given.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1
        elif name == "f":
            self._formula = self._value = ""
            self.parser.CharacterDataHandler = self._text
            self.parser.EndElementHandler = self._end
        self._part = name

    def _text(self, text: str) -> None:
        if self._part == "f":
            self._formula += text
        elif self._part == "v":
            self._value += text

    def _end(self, tag: str) -> None:
        self._part = ""
        if _bare(tag) != "c":
            return
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        # A formula of text may give nothing; that is a value too.
        if self._value.strip() or self._kind == "str":
            self.found.saved += 1
            return
        if self._row >= MAX_ROW:
            raise ValueError(f"a formula stands in row {self._row + 1}")
        self.found.unsaved[self._row, self._column] = " ".join(self._formula.split())[:SHOWN]

    def _place(self, reference: str) -> None:
        match = REFERENCE.fullmatch(reference)
        if match is None:
            self._column += 1
            return
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        self._row, self._column = int(match[2]) - 1, column - 1
