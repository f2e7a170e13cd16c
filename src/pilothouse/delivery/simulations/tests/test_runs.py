# SPDX-License-Identifier: Apache-2.0
"""Runs of the simulation from the product's own rows (DOMAIN 8.3)."""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from math import sqrt

import pytest

from cast import SYSTEM, make_project
from pilothouse.delivery.raid.models import Aspect, Kind, Risk
from pilothouse.delivery.raid.services.linking import link_entries
from pilothouse.delivery.raid.tests import registers
from pilothouse.delivery.simulations.bridge import apart
from pilothouse.delivery.simulations.models import SimulationRun
from pilothouse.delivery.simulations.services.inputs import (
    Ranged,
    keep_correlation,
    keep_cost,
    set_ranges,
    set_template,
)
from pilothouse.delivery.simulations.services.runs import (
    ask_run,
    cancel_run,
    perform,
    repeat_run,
)
from pilothouse.delivery.simulations.tests.uncertain import plan, ranged, simulated, sure
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import Job

DAY = 480


def said(run: SimulationRun, which: str = "before") -> dict:
    assert run.state == "done", run.failure
    return json.loads(zlib.decompress(getattr(run, which)))


def test_one_task_with_a_triangular_range(cast):
    """O-MCS-1: mean 11 days, sd 1.47196; P80 12.3542 ends on the thirteenth day."""
    plan(cast.harbour, ("Dig", "10d"))
    sure(cast.harbour)
    ranged(cast.harbour, t1=(8, 10, 15))

    run = simulated(cast.harbour, iterations=10_000)

    finish = said(run)["finish"]
    assert abs(finish["mean"] / DAY - 11) <= 4 * 1.47196 / sqrt(10_000)
    assert abs(finish["sd"] / DAY - 1.47196) < 0.05
    assert finish["dates"]["p80"] == "2027-03-17T17:00"
    assert run.figures["before"]["deterministic_pct"] == pytest.approx(100 * 2 / 7, abs=2)


def test_a_risk_of_the_register_delays_its_task(cast):
    """O-MCS-7: 20 days and an event of 30 % that takes 10: P50 20 days, P80 30."""
    plan(cast.harbour, ("Dig", "20d"))
    sure(cast.harbour)
    raid = registers.build(cast)
    risk = Risk.rows.get(pk=raid.add(Kind.RISK, tasks=[1]).pk)
    raid.rate(risk, chance_pct=Decimal(30), days_likely=Decimal(10), probability=2, time=2)

    run = simulated(cast.harbour)

    finish = said(run)["finish"]
    assert (finish["p50"] / DAY, finish["p80"] / DAY) == (20, 30)
    assert abs(finish["mean"] / DAY - 23) <= 4 * 4.58258 / sqrt(2000)
    rows = {row["name"]: row for row in said(run)["sensitivities"]["schedule"]}
    assert rows["HARB R-1"]["kind"] == "event"
    assert rows["HARB R-1"]["variance_share"] == pytest.approx(1)


def test_before_and_after_the_responses_are_run_with_one_seed(cast):
    plan(cast.harbour, ("Dig", "20d"))
    sure(cast.harbour)
    raid = registers.build(cast)
    risk = Risk.rows.get(pk=raid.add(Kind.RISK, tasks=[1]).pk)
    raid.rate(risk, chance_pct=Decimal(50), days_likely=Decimal(10), probability=3, time=3)
    raid.rate(risk, Aspect.RESIDUAL, chance_pct=Decimal(0), days_likely=Decimal(10))
    action = raid.add(Kind.ACTION, cost=Decimal(8000))
    link_entries(actor=cast.piet.actor(), source=risk, target=action, kind="response")

    run = simulated(cast.harbour)

    assert said(run)["finish"]["p80"] / DAY == 30
    assert said(run, "after")["finish"]["p80"] / DAY == 20
    event = json.loads(zlib.decompress(run.risks))["events"][0]
    assert event["response"]["response_cost"] == 8000


def test_a_risk_of_a_task_that_is_gone_is_left_out_and_said(cast):
    plan(cast.harbour, ("Dig", "20d"), ("Fill", "5d"))
    raid = registers.build(cast)
    risk = Risk.rows.get(pk=raid.add(Kind.RISK, tasks=[1, 2]).pk)
    raid.rate(risk, chance_pct=Decimal(30), days_likely=Decimal(10), probability=2, time=2)
    risk.tasks.filter(uid=2).update(uid=77)

    run = simulated(cast.harbour, iterations=100)

    assert run.state == "done"
    assert any("HARB R-1: its delay of task 77 was left out" in line for line in run.told)


def test_costs_run_with_their_task_and_money_is_told_together_with_time(cast):
    plan(cast.harbour, ("Dig", "10d"))
    sure(cast.harbour)
    ranged(cast.harbour, shape="uniform", t1=(8, 10, 12))
    values = {"low": Decimal(1000), "likely": Decimal(1000), "high": Decimal(1000)}
    keep_cost(
        actor=SYSTEM,
        project=cast.harbour,
        values={"name": "Crew", **values, "per_day": True, "task_uid": 1},
    )

    run = simulated(cast.harbour, iterations=10_000)

    cost = said(run)["cost"]
    assert cost["currency"] == "EUR"
    assert abs(cost["mean"] - 10_000) <= 4 * 1000 * 4 / sqrt(12) / sqrt(10_000)
    grid = said(run)["joint_grid"]
    place = grid["percents"].index(50)
    assert grid["shares"][place][place] == pytest.approx(0.5, abs=0.03)


def test_the_same_input_and_seed_say_the_same_bits(cast):
    plan(cast.harbour, ("Dig", "10d"), ("Fill", "5d"), links=((1, 2),))
    first = simulated(cast.harbour)
    set_template(
        actor=SYSTEM,
        project=cast.harbour,
        low_pct=-50,
        high_pct=100,
        shape="pert",
        version=None,
    )

    again = repeat_run(actor=SYSTEM, run=first)
    perform(run_id=again.pk, progress=lambda _: None)

    again.refresh_from_db()
    assert again.before == first.before
    assert again.figures["same"] is True
    other = simulated(cast.harbour)
    assert other.seed == first.seed and other.before != first.before


def test_correlated_tasks_spread_wider(cast):
    """O-MCS-9 with two tasks: sd of the sum is 2·√2 apart and 4 together."""
    plan(cast.harbour, ("Dig", "10d"), ("Fill", "10d"), links=((1, 2),))
    sure(cast.harbour)
    ranged(cast.harbour, shape="uniform", t1=(7, 10, 13), t2=(7, 10, 13))
    apart_sd = said(simulated(cast.harbour))["finish"]["sd"]
    keep_correlation(
        actor=SYSTEM,
        project=cast.harbour,
        values={"name": "Ground", "rho": Decimal(1), "tasks": [1, 2]},
    )

    together = said(simulated(cast.harbour))["finish"]["sd"]

    assert together / apart_sd == pytest.approx(sqrt(2), rel=0.05)


def test_a_matrix_that_contradicts_itself_is_repaired_and_said(cast):
    plan(cast.harbour, ("A", "5d"), ("B", "5d"), ("C", "5d"))
    rows = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]
    keep_correlation(
        actor=SYSTEM,
        project=cast.harbour,
        values={"name": "Odd", "tasks": [1, 2, 3], "rows": rows},
    )

    run = simulated(cast.harbour, iterations=100)

    assert any("contradicted themselves" in line for line in run.told)


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 0.5]],
        [[1, 0.5], [0.4, 1]],
        [[1, 2], [2, 1]],
        [[0.9, 0.5], [0.5, 1]],
    ],
)
def test_what_is_no_matrix_of_correlations_is_refused(cast, rows):
    plan(cast.harbour, ("A", "5d"), ("B", "5d"))

    with pytest.raises(Invalid) as refused:
        keep_correlation(
            actor=SYSTEM,
            project=cast.harbour,
            values={"name": "Odd", "tasks": [1, 2], "rows": rows},
        )

    assert set(refused.value.fields) == {"rows"}


def test_ten_million_iterations_are_refused(cast):
    plan(cast.harbour, ("A", "5d"))

    with pytest.raises(Invalid) as refused:
        ask_run(actor=SYSTEM, place=cast.harbour, iterations=10_000_000)

    assert refused.value.code == "simulations.iterations"
    assert not SimulationRun.objects.exists()


def test_a_project_without_a_plan_fails_in_words(cast):
    run = simulated(cast.harbour)

    assert (run.state, run.before) == ("failed", None)
    assert "Make or import a plan first" in run.failure


def test_one_run_at_a_time_and_a_cancelled_one_is_not_begun(cast):
    plan(cast.harbour, ("A", "5d"))
    run = ask_run(actor=cast.piet.actor(), place=cast.harbour, iterations=100)
    with pytest.raises(Invalid) as refused:
        ask_run(actor=cast.piet.actor(), place=cast.harbour, iterations=100)
    assert refused.value.code == "simulations.going"
    assert Job.objects.filter(name="simulations.run").count() == 1

    cancel_run(actor=cast.piet.actor(), run=run)

    assert perform(run_id=run.pk, progress=lambda _: None) == "It was cancelled, or is done."
    with pytest.raises(Invalid):
        cancel_run(actor=cast.piet.actor(), run=run)


def test_a_run_that_is_cancelled_midway_ends_its_process_and_keeps_nothing(cast, monkeypatch):
    plan(cast.harbour, ("A", "5d"))
    run = ask_run(actor=SYSTEM, place=cast.harbour, iterations=200_000)

    def cancel(_: int) -> None:
        SimulationRun.objects.filter(pk=run.pk).update(state="cancelled")

    assert perform(run_id=run.pk, progress=cancel) == "It was cancelled."
    run.refresh_from_db()
    assert (run.state, run.before) == ("cancelled", None)


def test_a_process_that_dies_is_told(cast, monkeypatch):
    plan(cast.harbour, ("A", "5d"))
    monkeypatch.setattr(apart.sys, "executable", "/bin/false")

    run = simulated(cast.harbour)

    assert run.state == "failed"
    assert "ended without an answer" in run.failure


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("ada", False),
        ("piet", True),
        ("rosa", False),
        ("femi", False),
        ("sam", False),
        ("tess", False),
        ("otto", False),
        ("nia", False),
        ("gwen", True),
        ("paul", True),
    ],
)
def test_who_may_simulate(cast, name, may):
    """DOMAIN 1.4: simulation_run."""
    raid = registers.build(cast)
    people = {**cast.people, "gwen": raid.gwen, "paul": raid.paul}
    plan(cast.harbour, ("A", "5d"))

    if may:
        assert ask_run(actor=people[name].actor(), place=cast.harbour, iterations=10).pk
    else:
        with pytest.raises(NotAllowed):
            ask_run(actor=people[name].actor(), place=cast.harbour, iterations=10)


def test_a_range_out_of_order_or_of_no_task_is_refused_and_nothing_kept(cast):
    plan(cast.harbour, ("A", "5d"))
    ranges = {
        1: Ranged(Decimal(5), Decimal(4), Decimal(9)),
        7: Ranged(Decimal(1), Decimal(2), Decimal(3)),
    }

    with pytest.raises(Invalid) as refused:
        set_ranges(actor=SYSTEM, project=cast.harbour, ranges=ranges)

    assert set(refused.value.fields) == {"task_1", "task_7"}
    assert not cast.harbour.task_ranges.exists()


def test_a_programme_is_simulated_over_its_plans(cast):
    other = make_project(
        cast.portfolio, "DRDG", "Dredging", programme=cast.programme, state="executing"
    )
    make_project(cast.portfolio, "NOPL", "No plan", programme=cast.programme, state="executing")
    plan(cast.harbour, ("Dig", "10d"))
    plan(other, ("Fill", "5d"))

    run = simulated(cast.programme, iterations=500)

    ends = {row["uid"]: row["name"] for row in said(run)["milestones"]}
    assert [(code, ends[end]) for _, code, end in run.places] == [
        ("DRDG", "Dredging: end"),
        ("HARB", "Harbour: end"),
    ]
    assert any(line.startswith("NOPL has no plan") for line in run.told)
    assert run.plan_versions.keys() == {"DRDG", "HARB"}
