# SPDX-License-Identifier: Apache-2.0
"""Tables of exchange rates that come as a file: read into lines, which are then checked."""

from __future__ import annotations

import re

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.ledger_files import open_file
from pilothouse.delivery.finance.services.exchange import MOST_LINES
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, admit

MOST_BYTES = 5 * 1024 * 1024
_APART = re.compile(r"[\t\r\n]+")


def text_of_file(*, actor: Actor, office: OrgUnit, name: str, data: bytes) -> str:
    """The first columns of a CSV or XLSX as the lines that could have been pasted.

    Who: C on fx_rate. Writes: nothing, but as ``scanning.admit`` where the scanner found
    something. Raises: Invalid with the reason why the file cannot be read, Unavailable where the
    scanner does not answer.
    """
    rules.require_in_office(actor, office, rules.EXCHANGE_RATE, "C", "enter exchange rates")
    if len(data) > MOST_BYTES:
        message = f"The file is larger than {MOST_BYTES // 2**20} MB; split it into parts."
        raise Invalid("finance.rate_file_size", message, fields={"file": message})
    arrival = Arrival(
        door=IncomingFile.Door.RATES,
        place=office.name,
        file_name=name[:200] or "file",
        data=data,
        office_id=office.pk,
        object_id=office.pk,
    )
    admit(actor=actor, arrival=arrival, holds=False)
    opened = open_file(data)
    lines = ["\t".join(_APART.sub(" ", name) for name in opened.headings)]
    for number, cells in opened.lines:
        if len(lines) > MOST_LINES:
            message = f"The file has more than {MOST_LINES} rows, as row {number} shows; split it."
            raise Invalid("finance.rate_file_rows", message, fields={"file": message})
        shown = cells[: len(opened.headings)]
        lines.append("\t".join(_APART.sub(" ", cell) for cell in shown))
    return "\n".join(lines)
