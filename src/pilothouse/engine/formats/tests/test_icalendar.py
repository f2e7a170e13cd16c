# SPDX-License-Identifier: Apache-2.0
"""Calendars as RFC 5545 wants them."""

from datetime import UTC, date, datetime

from pilothouse.engine.formats.icalendar import DayEvent, write_icalendar

STAMP = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def write(*events, name="Quay"):
    return write_icalendar(events, name=name, stamp=STAMP, sequence=41)


def test_a_day_is_written_with_its_end_behind_it():
    text = write(DayEvent("t1@p", "Quay ready", date(2026, 3, 12), date(2026, 3, 12))).decode()

    assert text.split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Pilothouse//Plans//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Quay",
        "X-WR-CALNAME:Quay",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        "BEGIN:VEVENT",
        "UID:t1@p",
        "DTSTAMP:20260302T093000Z",
        "LAST-MODIFIED:20260302T093000Z",
        "SEQUENCE:41",
        "DTSTART;VALUE=DATE:20260312",
        "DTEND;VALUE=DATE:20260313",
        "SUMMARY:Quay ready",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_what_has_a_meaning_is_escaped_and_no_line_can_be_slipped_in():
    evil = "a,b;c\\d\r\nEND:VEVENT\rX\x00\x1b"
    text = write(DayEvent("t", evil, date(2026, 1, 1), date(2026, 1, 1))).decode()

    assert "SUMMARY:a\\,b\\;c\\\\d\\nEND:VEVENT\\nX\r\n" in text
    assert text.count("\r\nEND:VEVENT\r\n") == 1


def test_long_lines_are_folded_between_characters():
    name = "Übergabe 🚢 " * 20
    data = write(DayEvent("t", name, date(2026, 1, 1), date(2026, 1, 1)))

    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert f"SUMMARY:{name}" in data.decode().replace("\r\n ", "")


def test_the_same_plan_is_the_same_file():
    event = DayEvent("t", "A", date(2026, 1, 1), date(2026, 1, 2), "why", "Milestone")

    assert write(event) == write(event)
