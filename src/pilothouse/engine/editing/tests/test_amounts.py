# SPDX-License-Identifier: Apache-2.0
"""Durations and predecessors as text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.editing import (
    Amount,
    Measures,
    read_amount,
    read_predecessors,
    write_amount,
    write_predecessors,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import LagKind, Link, LinkType

PLAIN = Measures()
ROWS = (10, 11, 12, 13)
ROW_OF = {uid: row for row, uid in enumerate(ROWS, 1)}


@pytest.mark.parametrize(
    ("text", "minutes", "elapsed", "estimated"),
    [
        ("5", 2400, False, False),
        ("5d", 2400, False, False),
        (" 2.5 days ", 1200, False, False),
        ("2,5d", 1200, False, False),
        ("1w?", 2400, False, True),
        ("1 mo", 9600, False, False),
        ("90 min", 90, False, False),
        ("1.5H", 90, False, False),
        ("0", 0, False, False),
        ("1ed", 1440, True, False),
        ("1 ewk ?", 10080, True, True),
        ("1emo", 43200, True, False),
        ("1.333d", 640, False, False),
    ],
)
def test_what_people_type_is_a_duration(text, minutes, elapsed, estimated):
    assert read_amount(text, PLAIN) == Amount(minutes, elapsed, estimated)


def test_days_and_weeks_are_those_of_the_plan():
    shifts = Measures(day=720, week=3600, month=14400)

    assert read_amount("2d", shifts).minutes == 1440
    assert read_amount("1w", shifts).minutes == 3600
    assert read_amount("1ed", shifts).minutes == 1440


@pytest.mark.parametrize(
    "text",
    ["", "d", "five", "-1d", "1x", "1dd", "1.2.3d", "e", "1e", "NaN", "1d 2h", "²d", "1" * 13],
)
def test_what_is_no_duration_is_refused_with_what_to_write(text):
    with pytest.raises(InvalidInput, match="such as 5d") as refused:
        read_amount(text, PLAIN)
    assert refused.value.code == "editing.amount"


def test_a_duration_of_more_than_190_years_is_refused():
    with pytest.raises(InvalidInput, match="190 years"):
        read_amount("999999999d", PLAIN)


@given(
    st.builds(Amount, st.integers(0, 10_000_000), st.booleans(), st.booleans()),
    st.sampled_from([PLAIN, Measures(450, 2250, 9000), Measures(1440, 10080, 43200)]),
)
def test_a_written_duration_reads_as_itself(amount, measures):
    assert read_amount(write_amount(amount, measures), measures) == amount


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", ()),
        ("2", (Link(11, 10),)),
        ("2FS+2d", (Link(11, 10, lag_minutes=960),)),
        ("2ss - 1h, 4FF", (Link(11, 10, LinkType.SS, -60), Link(13, 10, LinkType.FF))),
        ("3SF+1ed;", (Link(12, 10, LinkType.SF, 1440, LagKind.ELAPSED),)),
        (
            "2+50%; 3FS-12,5e%",
            (
                Link(11, 10, lag_kind=LagKind.PERCENT, lag_percent=Decimal(50)),
                Link(12, 10, lag_kind=LagKind.ELAPSED_PERCENT, lag_percent=Decimal("-12.5")),
            ),
        ),
        ("2FS; 2SS", (Link(11, 10), Link(11, 10, LinkType.SS))),
    ],
)
def test_what_people_type_is_a_set_of_links(text, links):
    assert read_predecessors(text, 10, ROWS, PLAIN) == links


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", "row 5, but the plan has rows 1 to 4"),
        ("0", "row 0, but"),
        ("1", "cannot wait for itself"),
        ("2XX", "is no predecessor; write row numbers"),
        ("2FS+", "is no predecessor"),
        ("2FS+2x", "a lag that cannot be read"),
        ("2FS+2d?", "a lag is not estimated"),
        ("2; 2FS+1d", "a second time"),
        ("2+999999%", "more than 100,000 percent"),
        ("2,5FS", "row 5, but"),
        ("2;" * 3000, "too long"),
    ],
)
def test_a_wrong_predecessor_is_refused_by_its_words(text, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        read_predecessors(text, 10, ROWS, PLAIN)
    assert refused.value.code == "editing.predecessors"


LAGS = st.one_of(
    st.builds(dict, lag_minutes=st.integers(-100_000, 100_000)),
    st.builds(
        dict,
        lag_minutes=st.integers(-100_000, 100_000).filter(bool),
        lag_kind=st.just(LagKind.ELAPSED),
    ),
    st.builds(
        dict,
        lag_percent=st.decimals(-500, 500, places=2).filter(bool),
        lag_kind=st.sampled_from([LagKind.PERCENT, LagKind.ELAPSED_PERCENT]),
    ),
)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(ROWS[1:]), st.sampled_from(LinkType)), LAGS, max_size=6
    )
)
def test_written_predecessors_read_as_themselves(drawn):
    links = {Link(uid, 10, kind, **lag) for (uid, kind), lag in drawn.items()}

    text = write_predecessors(links, ROW_OF, PLAIN)

    assert set(read_predecessors(text, 10, ROWS, PLAIN)) == links
