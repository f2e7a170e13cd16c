# SPDX-License-Identifier: Apache-2.0
"""Days of a plan as an iCalendar file (RFC 5545), for calendars that people keep elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

PRODUCT = "-//Pilothouse//Plans//EN"
_OCTETS = 75
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class DayEvent:
    """One entry that takes whole days, ``first`` to ``last``; ``uid`` never changes."""

    uid: str
    summary: str
    first: date
    last: date
    description: str = ""
    category: str = ""


def write_icalendar(
    events: Iterable[DayEvent], *, name: str, stamp: datetime, sequence: int, hours: int = 6
) -> bytes:
    """Write entries as a calendar.

    Parameters
    ----------
    events : iterable of DayEvent
    name : str
        Of the calendar, as those who subscribe see it.
    stamp : datetime
        When the entries were made, in UTC; the same plan gives the same file.
    sequence : int
        Grows with each change, so that a calendar takes the newer entry.
    hours : int
        After how many hours it is worth to ask again.

    Returns
    -------
    bytes
        UTF-8, lines of 75 octets at most, ended by CR and LF.

    Notes
    -----
    RFC 5545, 3.1 (folding), 3.3.11 (escaping), 3.6.1 (days: the end is not included), 3.8.7
    (stamp, sequence); RFC 7986, 5.1 and 5.7 (name, interval). Entries leave nobody busy.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
    lines += [f"REFRESH-INTERVAL;VALUE=DURATION:PT{hours}H", f"X-PUBLISHED-TTL:PT{hours}H"]
    for event in events:
        lines += _event(event, f"{stamp:%Y%m%dT%H%M%SZ}", sequence)
    lines.append("END:VCALENDAR")
    return "".join(part for line in lines for part in _folded(line)).encode()


def _event(event: DayEvent, stamp: str, sequence: int) -> list[str]:
    end = event.last + timedelta(days=1)
    lines = ["BEGIN:VEVENT", f"UID:{_text(event.uid)}", f"DTSTAMP:{stamp}"]
    lines += [f"LAST-MODIFIED:{stamp}", f"SEQUENCE:{sequence}"]
    lines += [f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"]
    lines.append(f"SUMMARY:{_text(event.summary)}")
    if event.description:
        lines.append(f"DESCRIPTION:{_text(event.description)}")
    if event.category:
        lines.append(f"CATEGORIES:{_text(event.category)}")
    return [*lines, "TRANSP:TRANSPARENT", "END:VEVENT"]


def _text(value: str) -> str:
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char for char in plain if char == "\n" or (char >= " " and char != "\x7f")
    ).translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets; no character is cut."""
    room, piece = _OCTETS, ""
    for char in line:
        size = len(char.encode())
        if size > room:
            yield f"{piece}\r\n"
            # The blank that leads a continuation counts.
            room, piece = _OCTETS - 1, " "
        piece += char
        room -= size
    yield f"{piece}\r\n"
