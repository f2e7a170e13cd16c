# SPDX-License-Identifier: Apache-2.0
"""Plans scheduled in a process apart: the same dates, and nobody waits for one that is not there."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.errors import EngineError
from pilothouse.engine.network.plan import Link, PlanTask
from pilothouse.engine.schedule import apart as process_apart
from pilothouse.engine.schedule import explain, stand, stand_again
from pilothouse.engine.schedule import schedule as door
from pilothouse.engine.schedule.apart import PROGRAM, Apart
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.schedule.tests.test_standing import edited, house, result_of, said


def program(change="pass"):
    """As the real one, without waiting for what is compiled, and with something else in it."""
    begin = PROGRAM.split("from pilothouse")[0]
    return (
        f"{begin}from pilothouse.engine._compile import run_uncompiled; run_uncompiled(); "
        f"from pilothouse.engine.schedule import apart_child; {change}; apart_child.main()"
    )


UNCOMPILED = program()
START_SECONDS = 60


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    monkeypatch.setattr(process_apart, "is_kept", lambda: True)


@pytest.fixture(scope="module")
def process():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process_apart, "is_kept", lambda: True)
        made = Apart(least_rows=1, program=UNCOMPILED)
        assert made.wait(START_SECONDS)
    yield made
    made.close()


def through(made, make, *given):
    """What a calculation gives with its passes in that process, or how it is refused."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process_apart, "the_process", lambda: made)
        door.calculate_apart()
        try:
            return make(*given)
        except EngineError as error:
            return error.code, error.message, error.places
        finally:
            door._APART.clear()


def chain(count=3, minutes=480):
    tasks = [PlanTask(uid, f"Task {uid}", duration_minutes=minutes) for uid in range(1, count + 1)]
    return house(*tasks, links=[Link(uid, uid + 1) for uid in range(1, count)])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_any_plan_and_edit_gets_the_same_dates_apart(process, seed):
    random = Random(seed)
    plan, options = random_plan(random)
    here, there = result_of(stand, plan, options), through(process, stand, plan, options)
    if isinstance(here, tuple):
        assert there == here
        return
    assert there.arrays.passes is None
    assert said(there.result) == said(here.result)
    uid = random.choice(plan.tasks).uid
    assert explain(there.result, uid) == explain(here.result, uid)
    after = edited(random, plan, random_plan(random)[0])
    here = result_of(stand_again, here, after, options)
    there = through(process, stand_again, there, after, options)
    if isinstance(here, tuple):
        assert there == here
    else:
        assert (said(there.result), there.differing) == (said(here.result), here.differing)


def test_plans_in_turn_do_not_meet_each_other_there(process):
    short, long = chain(), chain(9, 960)
    for plan in (short, long, short, long):
        assert said(through(process, stand, plan).result) == said(stand(plan).result)


def test_dates_far_beyond_the_days_sent_first_are_found(process):
    plan = chain(4, 480 * 3000)

    assert said(through(process, stand, plan).result) == said(stand(plan).result)


def test_what_a_plan_is_refused_for_is_said_in_the_same_words(process):
    plan = house(replace(chain().tasks[0], duration_minutes=480 * 10**6))

    assert through(process, stand, plan) == result_of(stand, plan)
    assert through(process, stand, plan)[0] == "calendar.out_of_range"


def test_small_plans_start_no_process():
    made = Apart(least_rows=4, program=UNCOMPILED)

    found = through(made, stand, chain(3))

    assert found.arrays.passes is not None
    assert made._process is None


def test_the_first_large_plan_is_not_kept_waiting_for_the_process():
    made = Apart(least_rows=1, program=UNCOMPILED)

    first = through(made, stand, chain())

    assert first.arrays.passes is not None
    assert made.wait(START_SECONDS)
    assert through(made, stand, chain()).arrays.passes is None
    made.close()


def test_without_compiled_code_there_is_no_process(monkeypatch):
    monkeypatch.setattr(process_apart, "is_kept", lambda: False)
    made = Apart(least_rows=1, program=UNCOMPILED)

    assert through(made, stand, chain()).arrays.passes is not None
    assert made._process is None
    assert not made.wait(1)


def test_a_process_that_died_is_missed_and_replaced():
    made = Apart(least_rows=1, program=UNCOMPILED)
    assert made.wait(START_SECONDS)
    made._process.kill()
    made._process.wait()

    assert through(made, stand, chain()).arrays.passes is not None
    assert made.wait(START_SECONDS)
    assert through(made, stand, chain()).arrays.passes is None
    made.close()


def test_a_process_that_dies_at_the_question_is_given_up(process):
    changed = program("apart_child.Answerer.answer = lambda *_: 1 / 0")
    made = Apart(least_rows=1, program=changed)
    assert made.wait(START_SECONDS)

    assert through(made, stand, chain()).arrays.passes is not None
    assert made._process is None
    assert not made.wait(0.2)


def test_a_process_that_does_not_answer_is_killed(monkeypatch):
    monkeypatch.setattr(process_apart, "ANSWER_SECONDS", 0.2)
    changed = program("apart_child.Answerer.answer = lambda *_: apart_child.time.sleep(600)")
    made = Apart(least_rows=1, program=changed)
    assert made.wait(START_SECONDS)
    child = made._process

    assert through(made, stand, chain()).arrays.passes is not None
    assert child.returncode is not None


def test_a_question_while_another_is_answered_is_not_put(monkeypatch, process):
    monkeypatch.setattr(process_apart, "WAIT_SECONDS", 0.01)
    with process._busy:
        assert through(process, stand, chain()).arrays.passes is not None


def gone(pid):
    """Whether a process ends within a while."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(os.name != "posix", reason="processes are counted otherwise")
def test_it_ends_with_the_process_that_started_it():
    parent = (
        "import os, sys; sys.path[:0] = sys.argv[1:]\n"
        "from pilothouse.engine.schedule import apart\n"
        "apart.is_kept = lambda: True\n"
        f"made = apart.Apart(1, {UNCOMPILED!r})\n"
        "assert made.wait(60)\n"
        "print(made._process.pid, flush=True)\n"
        "os._exit(0)"
    )
    told = subprocess.run(
        [sys.executable, "-c", parent, *sys.path], capture_output=True, text=True, check=True
    )

    assert gone(int(told.stdout))


def test_it_ends_when_nobody_asks_for_long_and_is_started_again():
    changed = program("apart_child.IDLE_SECONDS = 0.3")
    made = Apart(least_rows=1, program=changed)
    assert made.wait(START_SECONDS)
    made._process.wait(20)

    assert through(made, stand, chain()).arrays.passes is not None
    assert made._process is not None
    made.close()
