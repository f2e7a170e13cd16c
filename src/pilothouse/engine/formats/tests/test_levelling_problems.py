# SPDX-License-Identifier: Apache-2.0
"""Readers of PSPLIB, Patterson and ProGen/max."""

import io
import zipfile

import pytest

from pilothouse.engine.errors import EngineError, FormatError, Infeasible
from pilothouse.engine.formats.patterson import read_patterson
from pilothouse.engine.formats.progen import read_progen
from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.levelling.lags import times_of

PSPLIB = """\
****************
jobs (incl. supersource/sink ):  3
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
****************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          1           2
   2        1          1           3
   3        1          0
****************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------
  1      1     0       0    0
  2      1     8       4    1
  3      1     0       0    0
****************
RESOURCEAVAILABILITIES:
  R 1  R 2
   12    4
****************
"""
PATTERSON = "3 2\n\n12 4\n\n0 0 0 1\n 2\n8 4 1 1 3\n0 0 0 0\n"
PROGEN = """\
1 2 0 0
0 1 1 1 [0]
1 1 2 2 0 [8] [-20]
2 1 0
0 1 0 0 0
1 1 8 4 1
2 1 0 0 0
12 4
"""


def read(reader, text):
    return reader(io.BytesIO(text.encode("latin-1")))


@pytest.mark.parametrize(("reader", "text"), [(read_psplib, PSPLIB), (read_patterson, PATTERSON)])
def test_the_same_problem_in_two_formats(reader, text):
    found = read(reader, text)

    assert found.names == ("1", "2", "3")
    assert found.durations.tolist() == [0, 8, 0]
    assert found.links.tolist() == [[0, 1, 0], [1, 2, 8]]
    assert found.demand.tolist() == [[0, 0], [4, 1], [0, 0]]
    assert [steps.tolist() for steps in found.capacity] == [[[0, 12]], [[0, 4]]]


def test_lags_of_progen_are_between_starts_and_may_be_maximum():
    found = read(read_progen, PROGEN)

    assert found.names == ("0", "1", "2")
    assert found.links.tolist() == [[0, 1, 0], [1, 2, 8], [1, 0, -20]]
    assert found.demand.tolist() == [[0, 0], [4, 1], [0, 0]]


@pytest.mark.parametrize(
    ("reader", "text", "code", "line"),
    [
        (read_psplib, "no problem at all", "rcpsp.section", "jobs"),
        (read_psplib, PSPLIB.split("RESOURCEAV")[0], "rcpsp.section", "RESOURCEAVAILABILITIES"),
        (read_psplib, PSPLIB.replace("1     8", "1    -8"), "rcpsp.value", "18"),
        (read_psplib, PSPLIB.replace("1     8", "1    8.5"), "rcpsp.value", "18"),
        (read_psplib, PSPLIB.replace("           3", "           4"), "rcpsp.value", "11"),
        (read_psplib, PSPLIB.replace("   2        1 ", "   2        2 "), "rcpsp.modes", "11"),
        (read_psplib, PSPLIB.replace("0   N", "1   N"), "rcpsp.resources", "5"),
        (read_psplib, PSPLIB.replace(":  3\n", ":  4\n"), "rcpsp.cut", "12"),
        (read_psplib, PSPLIB.replace("12    4", "12    4   9"), "rcpsp.rest", "23"),
        (read_psplib, PSPLIB.replace(":  3\n", ":  99999999\n"), "rcpsp.value", "2"),
        (read_patterson, "", "rcpsp.cut", "1"),
        (read_patterson, PATTERSON[:-4], "rcpsp.cut", "8"),
        (read_patterson, PATTERSON + "7\n", "rcpsp.rest", "9"),
        (read_patterson, PATTERSON.replace("8 4", "x 4"), "rcpsp.value", "7"),
        (read_patterson, "3\0 2", "rcpsp.no_text", None),
        (read_progen, PROGEN.replace("[8]", "8"), "rcpsp.value", "3"),
        (read_progen, PROGEN.replace("[8]", "[]"), "rcpsp.value", "3"),
        (read_progen, PROGEN.replace("1 2 0 0", "1 2 1 0"), "rcpsp.resources", "1"),
        (read_progen, PROGEN.replace("1 1 8", "1 2 8"), "rcpsp.modes", "6"),
        (read_progen, PROGEN.replace("\n2 1 0\n", "\n3 1 0\n"), "rcpsp.value", "4"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_with_its_line(reader, text, code, line):
    with pytest.raises(FormatError) as caught:
        read(reader, text)

    assert caught.value.code == code
    assert caught.value.places == ((line,) if line else ())
    if line and line.isdigit():
        assert f"Line {line}" in caught.value.message


def test_a_file_beyond_all_measure_is_refused():
    with pytest.raises(FormatError) as caught:
        read_patterson(io.BytesIO(b"1 " * 8_000_001))

    assert caught.value.code == "rcpsp.too_large"


@pytest.mark.parametrize("text", [PSPLIB, PATTERSON, PROGEN])
@pytest.mark.parametrize("reader", [read_psplib, read_patterson, read_progen])
def test_no_cut_of_a_file_ends_otherwise_than_in_an_error_of_the_engine(reader, text):
    for length in range(0, len(text), 7):
        try:
            read(reader, text[:length])
        except EngineError:
            continue


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "reader", "tasks"),
    [
        ("rcpsp/psplib_j30.sm.zip", read_psplib, 32),
        ("rcpsp/psplib_j120.sm.zip", read_psplib, 122),
        ("rcpsp/RG300_sample96.rcp.zip", read_patterson, 302),
        ("rcpsp_max/sm_j10.zip", read_progen, 12),
        ("rcpsp_max/testset_ubo100.zip", read_progen, 102),
    ],
)  # fmt: skip
def test_every_file_of_a_set_is_read(shared_data, name, reader, tasks):
    with zipfile.ZipFile(shared_data / name) as archive:
        files = [n for n in archive.namelist() if n.lower().endswith((".sm", ".rcp", ".sch"))]
        for file in files[::10]:
            found = reader(io.BytesIO(archive.read(file)))
            assert found.tasks == tasks, file
            assert found.resources in (4, 5), file


@pytest.mark.shared_data
def test_lags_that_cannot_hold_are_those_of_problems_known_to_have_no_schedule(shared_data):
    known = dict(
        line.split(",")
        for line in (shared_data / "rcpsp_max/sm_j10_optimum.csv").read_text().split()[1:]
    )
    refused = 0
    with zipfile.ZipFile(shared_data / "rcpsp_max/sm_j10.zip") as archive:
        for file in archive.namelist():
            if file.upper().endswith(".SCH"):
                try:
                    times_of(read_progen(io.BytesIO(archive.read(file))))
                except Infeasible:
                    refused += 1
                    assert known[file] == "unsat", file

    assert refused > 0
