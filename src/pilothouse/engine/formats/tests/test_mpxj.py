# SPDX-License-Identifier: Apache-2.0
"""Files of other tools through MPXJ, and our files as MPXJ reads them; needs Java and the jars."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.files import read_plan_file
from pilothouse.engine.formats.mpxj import (
    Converter,
    converting,
    find_converter,
    read_by_mpxj,
    reader,
)
from pilothouse.engine.formats.mspdi import write_mspdi
from pilothouse.engine.formats.tests.test_xer import whole_plan
from pilothouse.engine.formats.xer import read_xer, write_xer
from pilothouse.engine.schedule import ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.agreement import comparable, compare

AGREEING = {
    "26 mp_j90_a2_nr1.mpp": (184, 0),
    "31 mp_j90_a20_nr1.mpp": (1840, 0),
    "Commercial construction project plan.mpp": (145, 0),
    "Microsoft Office Project 2003 deployment.mpp": (322, 0),
    "bug1.mpp": (12, 2),
    "mpp14relations.mpp": (5, 0),
    "mpp14timephased.mpp": (40, 21),
    "sample.mpp": (22, 0),
    "slack9.mpp": (15, 0),
    "task-links-project2010-mpp14.mpp": (16, 0),
    "timephased-cost-rollup.mpp": (9, 0),
}
"""File → tasks that store dates, and those of them on which we differ: mpp14timephased and bug1
contradict themselves (docs/methods/critical-path.md)."""


def test_the_pages_say_how_many_tasks_of_mpp_files_agree():
    tasks, different = (sum(column) for column in zip(*AGREEING.values(), strict=True))
    agreeing = f"{tasks - different:,}"
    docs = Path(__file__).parents[5] / "docs"

    table = (docs / "methods" / "critical-path.md").read_text("utf-8")
    assert f"| {len(AGREEING)} | {tasks:,} | {agreeing} |" in table
    said = (docs / "reference" / "plan-files.md").read_text("utf-8")
    assert f"of {tasks:,} tasks that store dates, {agreeing} get all of them" in said


@pytest.fixture
def converter():
    """What converts here; where it cannot, the test is left out and says what is missing."""
    try:
        return find_converter()
    except FormatError as error:
        pytest.skip(f"NOT TESTED: {error.message}")


@pytest.mark.shared_data
def test_every_mpp_is_read_and_gives_the_dates_of_microsoft_project(shared_data, converter):
    found = {}
    for path in sorted((shared_data / "msproject" / "mpp").glob("*.mpp")):
        plan = read_plan_file(path)
        assert plan.source == "MPP by MPXJ"
        result = schedule_plan(plan, ScheduleOptions(work_after_status_date=False))
        different = {item.uid for item in compare(plan, result)}
        found[path.name] = (comparable(plan), len(different))

    assert found == AGREEING


@pytest.mark.shared_data
def test_primavera_xml_is_read(shared_data, converter):
    plan = read_plan_file(shared_data / "primavera" / "percent-complete-8.4.pmxml")

    assert len(plan.tasks) == 12
    assert [task.name for task in plan.tasks if task.physical_percent] != []


@pytest.mark.shared_data
def test_mpxj_reads_the_primavera_files_that_we_write_as_we_do(shared_data, converter):
    for name in ("slack9", "mpp14relations"):
        written = write_xer(read_plan_file(shared_data / "msproject" / "mpp" / f"{name}.mpp"))
        ours, theirs = read_xer(BytesIO(written)), read_by_mpxj(BytesIO(written), ".xer")
        assert network(theirs) == network(ours), name


def test_mpxj_reads_progress_resources_and_lags_that_we_write(converter):
    plan = whole_plan()
    for data, suffix in ((write_xer(plan), ".xer"), (write_mspdi(plan), ".xml")):
        theirs = read_by_mpxj(BytesIO(data), suffix)
        assert network(theirs)[1] == network(plan)[1]
        dig = next(task for task in theirs.tasks if task.name == "Dig – deep")
        assert (dig.percent_complete, dig.remaining_minutes) == (50, 480)
        assert [resource.name for resource in theirs.resources] == ["Mason"]


def network(plan):
    """Tasks and links by name: the uids and the row of the project itself differ."""
    names = {task.uid: task.name for task in plan.tasks}
    tasks = sorted(
        (task.name, task.duration_minutes, task.milestone, task.actual_start, task.actual_finish)
        for task in plan.tasks
        if not task.summary
    )
    links = sorted(
        (names[link.predecessor], names[link.successor], link.type.value, link.lag_minutes)
        for link in plan.links
    )
    return tasks, links


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5_000),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5_000,
        b"MPX,Microsoft Project for Windows",
        b"",
    ],
)
def test_a_damaged_file_is_refused_in_words(converter, data):
    with pytest.raises(FormatError) as caught:
        read_by_mpxj(BytesIO(data), ".mpp")

    assert caught.value.code in {"mpxj.unreadable", "mspdi.missing"}
    assert caught.value.message.endswith(".")


def test_a_conversion_that_takes_too_long_is_ended(converter, tmp_path):
    begin = time.monotonic()
    with pytest.raises(FormatError) as caught:
        read_by_mpxj(BytesIO(write_xer(whole_plan())), ".xer", seconds=0.01)

    assert caught.value.code == "mpxj.too_slow"
    assert time.monotonic() - begin < 20


def test_a_process_that_needs_more_memory_than_it_may_is_told(tmp_path):
    sleeper = stub(tmp_path, "exit 3")

    with pytest.raises(FormatError) as caught:
        read_by_mpxj(BytesIO(b"x"), ".mpp", converter=sleeper)

    assert caught.value.code == "mpxj.memory"


def test_a_process_that_says_why_is_quoted_and_its_children_are_ended(tmp_path):
    (tmp_path / "said").mkdir()
    said = stub(tmp_path / "said", "echo 'Conversion Error: MPXJException: no such luck'; exit 1")
    deaf = stub(tmp_path, f"trap '' TERM; {sys.executable} -c 'import time; time.sleep(60)'")

    with pytest.raises(FormatError) as told:
        read_by_mpxj(BytesIO(b"x"), ".mpp", converter=said)
    begin = time.monotonic()
    with pytest.raises(FormatError) as slow:
        read_by_mpxj(BytesIO(b"x"), ".mpp", converter=deaf, seconds=0.5)

    assert "(no such luck)" in told.value.message
    assert slow.value.code == "mpxj.too_slow"
    assert time.monotonic() - begin < 30


def stub(folder, script):
    """A program in the place of Java."""
    program = folder / "java"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Converter(program, folder)


def test_the_process_sees_no_secret_and_its_folder_is_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOTHOUSE_SECRET_KEY", "do-not-tell")
    seen = tmp_path / "seen"
    program = stub(tmp_path, f"env > {seen}; pwd >> {seen}; exit 1")

    with pytest.raises(FormatError):
        read_by_mpxj(BytesIO(b"x"), ".mpp", converter=program)

    text = seen.read_text()
    assert "do-not-tell" not in text
    assert not Path(text.splitlines()[-1]).exists()


def test_a_file_that_is_too_large_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MAX_BYTES", 10)

    with pytest.raises(FormatError) as caught:
        read_by_mpxj(BytesIO(b"x" * 11), ".mpp", converter=stub(tmp_path, "exit 0"))

    assert caught.value.code == "mpxj.too_large"


def test_without_java_or_without_jars_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(converting, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/java")
    with pytest.raises(FormatError) as no_jars:
        find_converter()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(FormatError) as no_java:
        find_converter()

    assert (no_jars.value.code, no_java.value.code) == ("mpxj.no_jars", "mpxj.no_java")
    assert "pip install 'pilothouse[mpp]'" in no_jars.value.message
    assert "apt-get install default-jre-headless" in no_java.value.message


def test_without_walls_of_the_system_the_process_still_runs(tmp_path, monkeypatch):
    converting._walls.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    try:
        with pytest.raises(FormatError) as caught:
            read_by_mpxj(BytesIO(b"x"), ".mpp", converter=stub(tmp_path, "exit 1"))
    finally:
        converting._walls.cache_clear()

    assert caught.value.code == "mpxj.unreadable"


def test_the_jars_are_found_without_loading_the_bridge_to_java():
    assert "jpype" not in sys.modules
    assert importlib.util.find_spec("mpxj") is None or "mpxj" not in sys.modules


def test_mpxj_keeps_the_order_of_the_outline(converter):
    plan = whole_plan()

    theirs = read_by_mpxj(BytesIO(write_mspdi(replace(plan, status_date=None))), ".xml")

    assert [task.name for task in theirs.tasks] == [task.name for task in plan.tasks]
