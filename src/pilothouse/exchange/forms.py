# SPDX-License-Identifier: Apache-2.0
"""Reading what was typed into the pages of an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pilothouse.delivery.projects.models import Portfolio
from pilothouse.exchange.models import ImportJob
from pilothouse.exchange.queries import Place
from pilothouse.exchange.services import Reading
from pilothouse.exchange.tables import DELIMITERS, ENCODINGS
from pilothouse.foundation.core.parsing import Reader

SEPARATORS = {name: sign for sign, name in DELIMITERS.items()}


@dataclass(frozen=True, slots=True)
class ColumnsForm:
    """How the file is to be read; ``anew`` if the columns shown were those of another reading."""

    reading: Reading
    version: int
    anew: bool


def read_place(data: Mapping[str, str], places: Sequence[Place]) -> Place:
    """The office or portfolio that was chosen."""
    reader = Reader(data)
    key = reader.choice("place", [place.key for place in places])
    reader.check("exchange.place")
    return next(place for place in places if place.key == key)


def read_columns(
    data: Mapping[str, str], job: ImportJob, portfolios: Sequence[Portfolio]
) -> ColumnsForm:
    """Settings of the reading and the field of every column."""
    reader = Reader(data)
    by_key = {str(row.pk): row for row in portfolios}
    text = bool(job.encoding)
    encoding = reader.choice("encoding", ENCODINGS) if text else ""
    separator = reader.choice("separator", SEPARATORS) if text else ""
    sheet = reader.choice("sheet", job.sheets) if job.sheets else job.sheet
    reading = Reading(
        mapping={
            position: reader.text(f"column-{position}", 60) for position in range(len(job.columns))
        },
        encoding=encoding,
        delimiter=SEPARATORS.get(separator, ""),
        sheet=sheet,
        header_row=reader.whole("header_row", 1, 100_000, default=job.header_row),
        month_first=reader.choice("dates", ("day", "month")) == "month",
        decimal_comma=reader.choice("decimals", ("point", "comma")) == "comma",
        portfolio=by_key.get(reader.choice("portfolio", by_key, required=False)),
    )
    version = reader.version()
    reader.check("exchange.columns_form")
    shown = (job.encoding, job.delimiter, job.sheet, job.header_row)
    asked = (reading.encoding, reading.delimiter, reading.sheet, reading.header_row)
    return ColumnsForm(reading, version, shown != asked)
