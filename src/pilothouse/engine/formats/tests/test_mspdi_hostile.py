# SPDX-License-Identifier: Apache-2.0
"""Files that are no plan, damaged, hostile or contradictory: refused with place and reason."""

from __future__ import annotations

import random
from io import BytesIO

import pytest

from pilothouse.engine.errors import EngineError, FormatError
from pilothouse.engine.formats.mspdi import Limits, read_mspdi

NAMESPACE = 'xmlns="http://schemas.microsoft.com/project"'
HEAD = "<StartDate>2027-03-01T08:00:00</StartDate>"
LINKED = (
    f"<Project {NAMESPACE}>{HEAD}<CalendarUID>1</CalendarUID><Calendars><Calendar><UID>1</UID>"
    "<Name>Standard</Name><IsBaseCalendar>1</IsBaseCalendar><WeekDays><WeekDay>"
    "<DayType>2</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime>"
    "<FromTime>08:00:00</FromTime><ToTime>17:00:00</ToTime></WorkingTime></WorkingTimes>"
    "</WeekDay></WeekDays></Calendar></Calendars><Tasks>"
    "<Task><UID>1</UID><ID>1</ID><Name>Dig</Name><OutlineLevel>1</OutlineLevel>"
    "<Start>2027-03-01T08:00:00</Start><Duration>PT8H0M0S</Duration></Task>"
    "<Task><UID>2</UID><ID>2</ID><Name>Pour</Name><OutlineLevel>1</OutlineLevel>"
    "<Duration>PT8H0M0S</Duration><PredecessorLink><PredecessorUID>1</PredecessorUID>"
    "<Type>1</Type><LinkLag>0</LinkLag></PredecessorLink></Task></Tasks>"
    "<Assignments><Assignment><UID>1</UID><TaskUID>1</TaskUID><ResourceUID>-65535</ResourceUID>"
    "</Assignment></Assignments></Project>"
)

LESS = " Leave out what is not planned, or split the plan."
"""What is said to do about what exceeds a bound."""


def project(body):
    return f"<Project {NAMESPACE}>{body}</Project>"


def one_task(more, uid="<UID>7</UID>"):
    return project(
        f"{HEAD}<Tasks><Task>{uid}<ID>3</ID><Name>Pour slab</Name>"
        f"<OutlineLevel>1</OutlineLevel>{more}</Task></Tasks>"
    )


def refusal(data, **limits):
    with pytest.raises(FormatError) as caught:
        read_mspdi(
            BytesIO(data if isinstance(data, bytes) else data.encode()), limits=Limits(**limits)
        )
    return caught.value


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + f"]><Project {NAMESPACE}><Name>&j;</Name></Project>"
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"a plan in words", "not_xml"),
        (b"\x00\x01\x02\x03", "not_xml"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "mpp"),
        (b"PK\x03\x04", "zip"),
        (b"<html><body>Sign in</body></html>", "not_a_plan"),
        (b"<!DOCTYPE html><html></html>", "doctype"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_plan"),
        (LAUGHS.encode(), "doctype"),
        (('<?xml version="1.0" encoding="UTF-16"?>' + LAUGHS).encode("utf-16"), "doctype"),
        (
            b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><Project><Name>&x;</Name></Project>',
            "doctype",
        ),
        (b'<!DOCTYPE Project SYSTEM "http://localhost/p.dtd"><Project/>', "doctype"),
        (b'<!DOCTYPE p [<!ENTITY % a SYSTEM "file:///x"> %a;]><Project/>', "doctype"),
        (
            b'<?xml version="1.0" encoding="UTF-7"?>+ADw-Project+AD4-+ADw-/Project+AD4-',
            "encoding",
        ),
        (b'<?xml version="1.0" encoding="klingon"?><Project/>', None),
        (
            project(
                '<Tasks xmlns:xi="http://www.w3.org/2001/XInclude">'
                '<xi:include href="file:///etc/passwd" parse="text"/></Tasks>'
            ).encode(),
            "include",
        ),
        (project("<Name>&undefined;</Name>").encode(), "not_xml"),
    ],
)
def test_what_is_no_plan_is_refused_by_its_kind(data, code):
    error = refusal(data)

    assert error.code in ({f"mspdi.{code}"} if code else {"mspdi.encoding", "mspdi.not_xml"})
    assert error.message.endswith(".")


def test_deep_nesting_is_refused():
    error = refusal(b"<Project>" + b"<a>" * 3_000_000)

    assert error.code == "mspdi.limit"
    assert "nested more than 256 deep" in error.message


def test_elements_that_belong_to_no_row_do_not_pile_up():
    flood = refusal(b"<Project>" + b"<a/>" * 1_500_000 + b"</Project>")
    one = f"<Views><View>{'<v>1</v>' * 700_000}</View></Views><Assignments>"
    many = "<Views>" + "<v>1</v>" * 700_000 + "</Views><Assignments>"
    between = refusal(LINKED.replace("<Assignments>", one))
    again = refusal(LINKED.replace("<Assignments>", many))

    assert again.message == between.message
    assert flood.message == "The file has more than 500,000 elements outside of its rows." + LESS
    assert between.message == flood.message


@pytest.mark.parametrize("place", ["<Name>Dig", "</Tasks>"])
def test_names_without_end_are_refused_inside_of_rows_and_in_place_of_them(place):
    names = "".join(f"<n{number}/>" for number in range(30_000))

    error = refusal(LINKED.replace(place, names + place, 1), kept=1_000)

    assert error.code == "mspdi.limit"
    assert error.message in {
        "The file has more than 2,000 different names of elements." + LESS,
        "The file has more than 1,000 elements outside of its rows." + LESS,
    }


def test_deep_nesting_that_has_an_end_inside_of_a_row_does_no_harm():
    deep = LINKED.replace("<Name>Dig", "<a>" * 8_000 + "</a>" * 8_000 + "<Name>Dig")

    plan = read_mspdi(BytesIO(deep.encode()))

    assert [task.name for task in plan.tasks] == ["Dig", "Pour"]


@pytest.mark.parametrize("kind", ["<!--{}-->", "<?x {}?>", "<Name>{}</Name>", '<Name a="{}"/>'])
def test_one_piece_of_many_megabytes_is_refused(kind):
    error = refusal(project(kind.format("x > y " * 700_000)))

    assert error.message == "A text, tag or comment is longer than a plan can hold." + LESS


def test_half_a_million_attributes_are_refused():
    attributes = " ".join(f'a{n}=""' for n in range(500_000))

    error = refusal(f"<Project><Tasks><Task {attributes}/></Tasks></Project>")

    assert error.code in {"mspdi.limit", "mspdi.not_xml"}


def test_a_huge_comment_is_refused_or_passed_over():
    before = refusal(b"<!--" + b"x" * 11_000_000 + b"--><Project/>")
    inside = refusal(f"<Project><!--{'x' * 11_000_000}--></Project>")

    assert before.code == "mspdi.not_xml"
    assert inside.code in {"mspdi.limit", "mspdi.not_xml", "mspdi.truncated"}


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"bytes": 100}, "larger than"),
        ({"elements": 10}, "more than 10 elements"),
        ({"tasks": 1}, "more than 1 tasks"),
        ({"links": 0}, "more than 0 links"),
        ({"assignments": 0}, "more than 0 assignments"),
        ({"calendars": 0}, "more than 0 calendars"),
        ({"name_length": 3}, "calendar 1 ‘Standard’: Name has 8 characters"),
    ],
)
def test_limits_hold(limits, words):
    assert words in refusal(LINKED, **limits).message


def test_a_name_of_a_million_characters_is_refused():
    error = refusal(one_task("").replace("Pour slab", "x" * 1_000_000))

    assert error.code == "mspdi.limit"
    assert "Name has 1,000,000 characters; 500 may be" in error.message


def every_other_day(uid=1, until="2199-12-31"):
    return (
        f"<Calendar><UID>{uid}</UID><Name>Trap</Name><IsBaseCalendar>1</IsBaseCalendar>"
        "<Exceptions><Exception><TimePeriod><FromDate>1950-01-01T00:00:00</FromDate>"
        f"<ToDate>{until}T00:00:00</ToDate></TimePeriod><Type>7</Type><Period>2</Period>"
        "<DayWorking>0</DayWorking></Exception></Exceptions></Calendar>"
    )


def test_a_recurrence_that_never_ends_is_refused():
    error = refusal(project(f"{HEAD}<Calendars>{every_other_day()}</Calendars>"), exceptions=20_000)

    assert error.message.endswith("the exceptions give more than 20,000 days." + LESS)


def test_exceptions_of_all_calendars_are_counted_together():
    calendars = "".join(every_other_day(uid, "1950-01-31") for uid in range(1, 5))

    error = refusal(project(f"{HEAD}<Calendars>{calendars}</Calendars>"), exceptions=50)

    assert error.message == "The file has more than 50 exceptions." + LESS


def test_a_calendar_with_more_work_weeks_than_a_life_is_refused():
    week = (
        "<WorkWeek><TimePeriod><FromDate>2027-01-01T00:00:00</FromDate>"
        "<ToDate>2027-01-31T00:00:00</ToDate></TimePeriod></WorkWeek>"
    )
    calendar = (
        "<Calendars><Calendar><UID>1</UID><Name>Trap</Name><IsBaseCalendar>1</IsBaseCalendar>"
        f"<WorkWeeks>{week * 201}</WorkWeeks></Calendar></Calendars>"
    )

    error = refusal(project(HEAD + calendar))

    assert error.message == "Line 1, calendar 1 ‘Trap’: WorkWeeks has more than 200 rows." + LESS


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("<Duration>8 hours</Duration>", "value", "Duration is ‘8 hours’, which is no duration"),
        ("<Duration>PT9999999999H</Duration>", "value", "Duration is PT9999999999H, which is out"),
        ("<Start>12/31/2027</Start>", "date", "Start is ‘12/31/2027’, which is no date"),
        ("<Start>2027-02-30T08:00:00</Start>", "date", "which is no day of the calendar"),
        ("<Start>9999-01-01T08:00:00</Start>", "date_range", "out of range (1950 to 2199)"),
        ("<Finish>0001-01-01T08:00:00</Finish>", "date_range", "out of range (1950 to 2199)"),
        ("<PercentComplete>101</PercentComplete>", "value", "is not between 0 and 100"),
        ("<Cost>NaN</Cost>", "value", "Cost is ‘NaN’, which is no number"),
        ("<Cost>1e99</Cost>", "value", "Cost is 1e99, which is out of range"),
        ("<Milestone>maybe</Milestone>", "value", "which is neither 0 nor 1"),
        ("<CalendarUID>44</CalendarUID>", "missing_calendar", "CalendarUID is 44, but there is no"),
        (
            "<PredecessorLink><PredecessorUID>99</PredecessorUID></PredecessorLink>",
            "dangling_link",
            "PredecessorLink names task 99, which is not in the file",
        ),
        (
            "<PredecessorLink><PredecessorUID>7</PredecessorUID><Type>9</Type></PredecessorLink>",
            "value",
            "PredecessorLink has type 9",
        ),
        ("<UID>99999999999</UID>", "value", "UID is 99999999999, which is out of range"),
    ],
)
def test_a_bad_value_is_named_with_line_row_and_field(more, code, words):
    error = refusal(one_task(more))

    assert error.code == f"mspdi.{code}"
    assert error.message.startswith("Line 1, task 3 ‘Pour slab’: ")
    assert words in error.message
    assert error.places == ("task 3 ‘Pour slab’",)


LINES = """<Project>
<StartDate>2027-03-01T08:00:00</StartDate>
<Views><View>
<Task/></View></Views>
<Tasks><!-- <Task> is no task here
--><Task><UID>1</UID><Name>Dig</Name><OutlineLevel>1</OutlineLevel></Task>

<Task>
  <UID>2</UID><Name><![CDATA[<Task>
]]></Name><OutlineLevel>1</OutlineLevel>
  <PredecessorLink><PredecessorUID>1</PredecessorUID></PredecessorLink>
  <PredecessorLink
     ><PredecessorUID>1</PredecessorUID><Type>1</Type></PredecessorLink></Task></Tasks>
</Project>"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Dig</Name>", "Dig</Name><Milestone>2</Milestone>", 6),
        ("<UID>2</UID>", "<UID>1</UID>", 8),
        ("<Type>1<", "<Type>7<", 12),
        ("UID>1</PredecessorUID></", "UID>x</PredecessorUID></", 11),
        ("UID>1</PredecessorUID></", "UID>9</PredecessorUID></", 8),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_line_is_found_by_reading_the_file_again(old, new, line, encoding):
    assert len(read_mspdi(BytesIO(LINES.encode(encoding))).tasks) == 2

    error = refusal(LINES.replace(old, new).encode(encoding))

    assert error.message.startswith(f"Line {line}, task ")


def test_without_a_second_reading_the_line_is_not_told():
    class Stream(BytesIO):
        def seekable(self):
            return False

    with pytest.raises(FormatError) as caught:
        read_mspdi(Stream(one_task("<Milestone>2</Milestone>").encode()))

    assert caught.value.message == (
        "The task 3 ‘Pour slab’: Milestone is ‘2’, which is neither 0 nor 1. "
        "Correct it and save the file once more."
    )


def test_lines_are_counted_from_where_reading_began():
    source = BytesIO(b"before\n" * 5 + one_task("<Milestone>2</Milestone>").encode())
    source.seek(35)

    with pytest.raises(FormatError, match=r"^Line 1, task 3"):
        read_mspdi(source)


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-15", "utf-16", "utf-8"])
def test_one_byte_encodings_and_unicode_are_read(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + one_task("").replace("slab", "Überbau")

    assert read_mspdi(BytesIO(text.encode(encoding))).tasks[0].name == "Pour Überbau"


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-32", "rot13", "zlib"])
def test_other_encodings_are_refused(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + one_task("")

    assert refusal(text).code == "mspdi.encoding"


def test_a_task_without_uid_and_a_uid_given_twice_are_refused():
    missing = refusal(one_task("", uid=""))
    twice = refusal(LINKED.replace("<UID>2</UID><ID>2</ID>", "<UID>1</UID><ID>2</ID>"))

    assert missing.code == "mspdi.missing"
    assert twice.message == (
        "Line 1, task 2 ‘Pour’: UID 1 is taken by task 1 ‘Dig’ already. "
        "Give each row a number of its own."
    )


def test_calendars_that_build_on_each_other_or_on_nothing_are_refused():
    def pair(first, second):
        return project(
            f"{HEAD}<Calendars><Calendar><UID>1</UID><Name>A</Name>"
            f"<BaseCalendarUID>{first}</BaseCalendarUID></Calendar><Calendar><UID>2</UID>"
            f"<Name>B</Name><BaseCalendarUID>{second}</BaseCalendarUID></Calendar></Calendars>"
        )

    assert refusal(pair(2, 33)).code == "mspdi.calendar_missing_base"
    circle = refusal(pair(2, 1))
    assert circle.code == "mspdi.calendar_base_cycle"
    assert circle.message == ("Calendars build on each other: ‘A’, ‘B’; give one of them no base.")


def test_a_chain_of_thousands_of_calendars_is_refused_at_once():
    first = "<Calendar><UID>1</UID><Name>C1</Name><IsBaseCalendar>1</IsBaseCalendar></Calendar>"
    rest = "".join(
        f"<Calendar><UID>{uid}</UID><Name>C{uid}</Name>"
        f"<BaseCalendarUID>{uid - 1}</BaseCalendarUID></Calendar>"
        for uid in range(2, 5001)
    )

    error = refusal(project(f"{HEAD}<Calendars>{first}{rest}</Calendars>"))

    assert error.code == "mspdi.calendar_base_depth"
    assert error.message == (
        "Calendar ‘C18’ builds on more than 16 others, each on the next; let it build on one "
        "that has a week of its own."
    )


def test_a_fault_of_the_head_names_no_line():
    error = refusal(LINKED.replace("<CalendarUID>1", "<CalendarUID>9"))

    assert error.message == (
        "The plan: CalendarUID is 9, but there is no such calendar. "
        "Correct the number, or add the calendar."
    )


def test_another_encoding_than_the_file_names_is_refused_with_what_to_do():
    error = refusal(one_task("").replace("slab", "Überbau").encode("latin-1"))

    assert error.code == "mspdi.encoding"
    assert error.message.endswith("Save the file as UTF-8.")


def test_a_file_cut_anywhere_is_refused():
    data = LINKED.encode()

    codes = [refusal(data[:cut]).code for cut in range(0, len(data) - 1, 7)]

    assert set(codes) == {"mspdi.truncated", "mspdi.empty", "mspdi.not_xml"}
    assert codes.count("mspdi.truncated") > 0.8 * len(codes)


def test_a_file_with_flipped_bits_never_breaks_the_reader():
    good = LINKED.encode()
    chance = random.Random(2027)

    outcomes = set()
    for _ in range(1500):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            read_mspdi(BytesIO(bytes(data)))
            outcomes.add("read")
        except EngineError as error:
            assert isinstance(error, FormatError), error.code
            outcomes.add("refused")

    assert outcomes == {"read", "refused"}
