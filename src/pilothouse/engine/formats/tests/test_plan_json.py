# SPDX-License-Identifier: Apache-2.0
"""The plan as JSON: nothing is lost, and what is not a plan is refused by its path."""

from __future__ import annotations

import doctest
import json
import random
import re
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import (
    STANDARD_DAY,
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    WorkWeek,
)
from pilothouse.engine.errors import EngineError, FormatError
from pilothouse.engine.formats.mspdi import read_mspdi
from pilothouse.engine.formats.plan_json import Limits, read_plan_json, write_plan_json, writer
from pilothouse.engine.formats.tests.test_xer import whole_plan
from pilothouse.engine.formats.xer import read_xer
from pilothouse.engine.network import plan as neutral
from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    EnteredText,
    FloatKind,
    LagCalendar,
    LagKind,
    LagOrigin,
    Link,
    LinkType,
    Notice,
    PercentType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ProgressMode,
    ResourceRate,
    ScheduleRules,
    StoredDates,
    TaskBaseline,
    WorkType,
)

PAGE = Path(__file__).resolve().parents[5] / "docs" / "reference" / "plan-json.md"

moments = st.datetimes(datetime(1950, 1, 1), datetime(2199, 12, 31)).map(
    lambda value: value.replace(fold=0)
)
instants = moments | moments.map(lambda value: value.replace(second=0, microsecond=0))
days = st.dates(date(1950, 1, 1), date(2199, 12, 31))
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
decimals = st.decimals(0, 100, allow_nan=False, allow_infinity=False, places=4)
amounts = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=4)
minutes = st.integers(0, 10**8)
signed = st.integers(-(10**8), 10**8)
maybe = st.none()
patterns = st.sampled_from([(), STANDARD_DAY, ((0, 1440),), ((0, 360), (1320, 1440))])
weeks = st.tuples(*[st.none() | patterns] * 7)


@st.composite
def spans(draw, kind):
    first = draw(days)
    last = min(first + timedelta(days=draw(st.integers(0, 400))), date(2199, 12, 31))
    return draw(kind(first, last))


exceptions = spans(
    lambda first, last: st.builds(CalendarException, st.just(first), st.just(last), patterns, texts)
)
work_weeks = spans(
    lambda first, last: st.builds(WorkWeek, st.just(first), st.just(last), weeks, texts)
)
stored = st.builds(
    StoredDates,
    *[maybe | instants] * 6,
    maybe | signed,
    maybe | signed,
    maybe | st.booleans(),
    maybe | st.booleans(),
)
baselines = st.builds(
    TaskBaseline,
    st.integers(0, 10),
    maybe | instants,
    maybe | instants,
    maybe | minutes,
    maybe | minutes,
    maybe | amounts,
)


rules = st.builds(
    ScheduleRules,
    st.sampled_from(ProgressMode),
    st.sampled_from(FloatKind),
    st.sampled_from(CriticalKind),
    st.booleans(),
    maybe | st.sampled_from(LagOrigin),
    st.booleans(),
    st.booleans(),
)


@st.composite
def plans(draw):
    """Plans with every field drawn, and references that lead somewhere."""
    calendars = [CalendarSpec(1, draw(texts), STANDARD_WEEK)]
    for uid in range(2, 2 + draw(st.integers(0, 2))):
        calendars.append(
            CalendarSpec(
                uid,
                draw(texts),
                draw(weeks),
                tuple(draw(st.lists(exceptions, max_size=3))),
                tuple(draw(st.lists(work_weeks, max_size=2))),
                1,
            )
        )
    calendar = st.none() | st.sampled_from([spec.uid for spec in calendars])
    flags = st.booleans()
    uids = draw(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=4, unique=True))
    tasks = tuple(
        draw(
            st.builds(
                PlanTask,
                uid=st.just(uid),
                name=texts,
                outline_level=st.integers(1, 5),
                wbs=texts,
                summary=flags,
                milestone=flags,
                duration_minutes=minutes,
                elapsed_duration=flags,
                estimated=flags,
                calendar_uid=calendar,
                ignore_resource_calendar=flags,
                constraint=st.sampled_from(ConstraintType),
                constraint_date=maybe | instants,
                constraint_hard=flags,
                deadline=maybe | instants,
                manual=flags,
                active=flags,
                external=flags,
                level_of_effort=flags,
                priority=st.integers(0, 1000),
                work_type=st.sampled_from(WorkType),
                effort_driven=flags,
                work_minutes=minutes,
                actual_work_minutes=minutes,
                cost=maybe | amounts,
                percent_complete=decimals,
                physical_percent=maybe | decimals,
                actual_start=maybe | instants,
                actual_finish=maybe | instants,
                actual_duration_minutes=maybe | minutes,
                remaining_minutes=maybe | minutes,
                stop=maybe | instants,
                resume=maybe | instants,
                leveling_delay_minutes=signed,
                notes=texts,
                stored=stored,
                baselines=st.lists(baselines, max_size=2).map(tuple),
                percent_type=st.sampled_from(PercentType),
                entered=st.builds(EnteredText, *[maybe | texts] * 3),
                expected_finish=maybe | instants,
                external_early_start=maybe | instants,
                external_late_finish=maybe | instants,
            )
        )
        for uid in uids
    )
    of_task = st.sampled_from(uids)
    links = st.builds(
        Link,
        of_task,
        of_task,
        st.sampled_from(LinkType),
        signed,
        st.sampled_from(LagKind),
        decimals,
    )
    rates = st.lists(st.builds(ResourceRate, instants, amounts), max_size=2).map(tuple)
    resources = tuple(
        PlanResource(
            uid,
            draw(texts),
            draw(st.sampled_from(["work", "material", "cost"])),
            draw(calendar),
            draw(decimals),
            draw(texts),
            draw(texts),
            draw(rates),
        )
        for uid in range(draw(st.integers(0, 2)))
    )
    of_resource = st.sampled_from([None, *(row.uid for row in resources)])
    assignments = tuple(
        PlanAssignment(
            uid,
            draw(of_task),
            draw(of_resource),
            draw(decimals),
            draw(minutes),
            draw(minutes),
            draw(minutes),
            draw(maybe | instants),
            draw(maybe | instants),
        )
        for uid in range(draw(st.integers(0, 2)))
    )
    return Plan(
        draw(texts),
        draw(instants),
        tuple(calendars),
        1,
        tasks,
        tuple(draw(st.lists(links, max_size=3))),
        resources,
        assignments,
        draw(maybe | instants),
        draw(maybe | instants),
        draw(flags),
        draw(maybe | instants),
        draw(minutes),
        draw(st.integers(1, 1440)),
        draw(st.integers(1, 10_080)),
        draw(st.integers(1, 31)),
        draw(st.sampled_from(["", "EUR", "€"])),
        draw(texts),
        tuple(draw(st.lists(st.builds(Notice, texts, texts, texts), max_size=2))),
        draw(st.none() | st.sampled_from(LagCalendar)),
        draw(rules),
    )


def read(data, **limits):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read_plan_json(BytesIO(raw), limits=Limits(**limits))


def refusal(data, **limits):
    with pytest.raises(FormatError) as caught:
        read(data, **limits)
    return caught.value


def document():
    return json.loads(write_plan_json(whole_plan()))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_every_plan_comes_back_the_same(plan):
    again = read(write_plan_json(plan))

    assert again == plan
    assert repr(again) == repr(plan)


@pytest.mark.shared_data
def test_plans_of_other_tools_come_back_the_same(shared_data):
    files = [
        *(shared_data / "msproject" / "mspdi").glob("*.xml"),
        *(shared_data / "primavera").glob("*.xer"),
    ]

    assert len(files) == 34
    for path in files:
        with path.open("rb") as source:
            plan = read_xer(source) if path.suffix == ".xer" else read_mspdi(source)
        assert read(write_plan_json(plan)) == plan, path.name


def test_the_example_in_the_docstring_holds():
    assert doctest.testmod(writer) == (0, 5)


def test_the_page_names_every_field_and_its_example_is_a_plan():
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    kinds = [Plan, CalendarSpec, CalendarException, WorkWeek]
    kinds += [kind for kind in vars(neutral).values() if is_dataclass(kind)]

    assert {item.name for kind in kinds for item in fields(kind)} - named == set()
    example = page.split("```json\n")[1].split("```")[0]
    assert [task.name for task in read(example.encode()).tasks] == ["Dredge", "Pour"]


def test_a_mark_at_the_beginning_is_no_matter():
    assert read(b"\xef\xbb\xbf" + write_plan_json(whole_plan())) == whole_plan()


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [
        ("format", "x", "not_a_plan", "format: is not ‘pilothouse-plan’; this is no plan."),
        ("version", 2, "version", "version: is 2; version 1 can be read."),
        ("plan", [], "kind", "plan: is a list, not an object."),
        ("more", 1, "field", "more: is not known here; correct the name."),
        ("plan.colour", 1, "field", "plan.colour: is not known here; correct the name."),
        ("plan.start", None, "kind", "plan.start: is null, not an instant such as"),
        ("plan.start", "2027-02-30T08:00", "value", "which is no day of the calendar"),
        ("plan.start", "2027-02-03T25:00", "value", "which is no day of the calendar or time"),
        ("plan.start", "9999-01-01T08:00", "range", "is 9999-01-01T08:00, which is not in"),
        ("plan.start", "2027-03-01T08:00+01:00", "kind", "not an instant such as"),
        ("plan.tasks", {}, "kind", "plan.tasks: is an object, not a list."),
        ("plan.tasks.2", 5, "kind", "plan.tasks[2]: is ‘5’, not an object."),
        ("plan.tasks.2.uid", 3, "duplicate", "plan.tasks[2].uid: is 3, which is taken already."),
        ("plan.tasks.2.uid", -1, "range", "plan.tasks[2].uid: is not between 0 and 2,147,483,647."),
        ("plan.tasks.2.uid", True, "kind", "plan.tasks[2].uid: is true, not a whole number."),
        ("plan.tasks.2.name", 5, "kind", "plan.tasks[2].name: is ‘5’, not a text."),
        ("plan.tasks.2.name", "a\0b", "value", "holds a character that no text can have."),
        ("plan.tasks.2.name", "\ud800", "value", "holds a character that no text can have."),
        ("plan.tasks.2.notes", "x" * 100_001, "limit", "has 100,001 characters; 100,000 may be."),
        ("plan.tasks.2.name", "x" * 501, "limit", "has 501 characters; 500 may be."),
        ("plan.tasks.2.duration_minutes", -1, "range", "is not between 0 and 200,000,000."),
        ("plan.links.0.lag_minutes", 6 * 10**10, "range", "is not between -100,000,000 and"),
        ("plan.tasks.2.percent_complete", "100.01", "range", "is not between 0 and 100."),
        ("plan.tasks.2.milestone", 1, "kind", "is ‘1’, neither true nor false."),
        ("plan.tasks.2.constraint", "soon", "value", "is ‘soon’, not one of asap, alap, snet"),
        ("plan.tasks.2.cost", 12, "kind", 'is ‘12’, not a decimal number as text such as "12.5".'),
        ("plan.tasks.2.cost", "1e9", "kind", "is ‘1e9’, not a decimal number as text"),
        (
            "plan.tasks.2.cost",
            "9999999999999999",
            "range",
            "plan.tasks[2].cost: is not between -1,000,000,000,000,000",
        ),
        ("plan.tasks.2.outline_level", 0, "range", "is not between 1 and 1,000."),
        ("plan.tasks.2.calendar_uid", 9, "dangling", "is 9, but there is no such calendar."),
        ("plan.tasks.2.stored.early_start", 1, "kind", "plan.tasks[2].stored.early_start: is"),
        ("plan.default_calendar_uid", 9, "dangling", "plan.default_calendar_uid: is 9, but"),
        ("plan.links.0.predecessor", 99, "dangling", "plan.links[0].predecessor: is 99, but"),
        ("plan.links.0.successor", 99, "dangling", "plan.links[0].successor: is 99, but"),
        ("plan.resources.0.calendar_uid", 9, "dangling", "plan.resources[0].calendar_uid: is 9"),
        ("plan.assignments.0.task_uid", 9, "dangling", "plan.assignments[0].task_uid: is 9, but"),
        ("plan.assignments.0.resource_uid", 9, "dangling", "no such resource."),
        ("plan.calendars.0.week", [[]], "calendar", "The week of ‘Office’ needs seven days."),
        ("plan.calendars.0.week.0", [[1]], "kind", "week[0][0]: has 1 parts, not 2."),
        ("plan.calendars.0.week.0", [[9, 3]], "calendar", "must lie within a day"),
        ("plan.calendars.0.exceptions.0.first", "2027", "kind", "not a day such as 2027-03-14"),
        ("plan.calendars.0.exceptions.0.first", "2027-02-30", "value", "is 2027-02-30, which"),
        ("plan.calendars.1.base_uid", 9, "calendar", "builds on calendar 9, which is not there"),
    ],
)
def test_a_bad_value_is_named_by_its_path(path, value, code, words):
    data = document()
    *way, last = path.split(".")
    place = data
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value

    error = refusal(data)

    assert error.code == f"planjson.{code}"
    assert words in error.message


def test_a_field_that_must_be_there_is_missed():
    data = document()
    del data["plan"]["tasks"][2]["name"]

    assert refusal(data).message == "plan.tasks[2].name: is missing; add it."


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not_json"),
        (b"a plan in words", "not_json"),
        (b"[]", "not_a_plan"),
        (b'{"a": NaN}', "value"),
        (b'{"a": -Infinity}', "value"),
        (b'{"a": 1e400}', "value"),
        (b'{"a": 1.5}', "value"),
        (b'{"a": ' + b"9" * 5001 + b"}", "limit"),
        (b'{"a": 1, "a": 2}', "duplicate"),
        (b'{"a": "\xff"}', "encoding"),
        ('{"a": "é"}'.encode("utf-16"), "encoding"),
        (b"[" * 100_000, "limit"),
        (b'{"a":' * 100_000, "limit"),
        (b"[" * 100_000 + b"]" * 100_000, "limit"),
    ],
)
def test_what_is_no_plan_is_refused_by_its_kind(raw, code):
    assert refusal(raw).code == f"planjson.{code}"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"bytes": 100}, "is larger than 0 MB; split it."),
        ({"brackets": 10}, "has more than 10 objects and lists."),
        ({"values": 10}, "has more than 10 values."),
        ({"tasks": 1}, "plan.tasks: has more than 1 rows."),
        ({"links": 1}, "plan.links: has more than 1 rows."),
        ({"exceptions": 0}, "plan.calendars: have more than 0 exceptions."),
    ],
)
def test_limits_hold(limits, words):
    assert words in refusal(write_plan_json(whole_plan()), **limits).message


def test_a_document_with_flipped_bits_never_breaks_the_reader():
    good, chance, outcomes = write_plan_json(whole_plan()), random.Random(2027), set()
    for _ in range(1500):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            read(bytes(data))
            outcomes.add("read")
        except EngineError as error:
            assert isinstance(error, FormatError), error.code
            outcomes.add("refused")

    assert outcomes == {"read", "refused"}
