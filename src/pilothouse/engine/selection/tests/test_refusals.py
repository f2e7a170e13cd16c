# SPDX-License-Identifier: Apache-2.0
"""Models that cannot be meant, and what happens at the limits."""

from dataclasses import replace
from itertools import pairwise

import pytest

from pilothouse.engine.errors import CycleFound, InvalidInput, NotConverged
from pilothouse.engine.selection import (
    BucketLimit,
    Candidate,
    Change,
    Exclusion,
    LimitKind,
    Prerequisite,
    SelectionModel,
    Solver,
    Status,
    Synergy,
    changes,
    cost_of_decision,
    efficient_frontier,
    profile,
    quick_selection,
    select_portfolio,
    shadow_value,
)
from pilothouse.engine.selection.draft import Draft
from pilothouse.engine.selection.problem import build

A, B = Candidate("A", 2.0, (1.0,)), Candidate("B", 3.0, (2.0,), bucket="GROW")
MODEL = SelectionModel((A, B), 1, (2.0,))
NAN = float("nan")


@pytest.fixture(scope="module")
def solver():
    with Solver() as running:
        yield running


def of(**fields):
    return replace(MODEL, candidates=(replace(A, **fields), B))


@pytest.mark.parametrize(
    ("code", "place", "model"),
    [
        ("number", "A", of(value=NAN)),
        ("number", "A", of(value=1e13)),
        ("number", "A", of(cost=(float("inf"),))),
        ("number", "A", of(demand={"dev": (NAN,)})),
        ("negative", "A", of(cost=(-1.0,))),
        ("negative", "A", of(exposure=-1.0)),
        ("negative", "A", of(stopping_cost=(-1.0,))),
        ("negative", "budget", replace(MODEL, budget=(-1.0,))),
        ("negative", "capacity", replace(MODEL, capacity={"dev": (-1.0,)})),
        ("negative", "delay_factors", replace(MODEL, delay_factors=(-1.0,))),
        ("lengths", "budget", replace(MODEL, budget=(1.0, 1.0))),
        ("lengths", "capacity", replace(MODEL, capacity={"dev": ()})),
        ("lengths", "A", of(delay_factors=(1.0, 1.0))),
        ("lengths", "A", of(duration=0)),
        ("lengths", "A", of(stopping_cost=(1.0, 1.0))),
        ("lengths", "A", of(cost=(1.0,) * 121)),
        ("lengths", "periods", replace(MODEL, periods=0)),
        ("starts", "A", of(starts=(2,))),
        ("starts", "A", of(starts=(0,))),
        ("starts", "A", of(starts=())),
        ("starts", "A", of(latest_start=0)),
        ("duplicate", "1", of(starts=(1, 1))),
        ("duplicate", "B", of(code="B")),
        ("unknown", "code", of(code="")),
        ("unknown", "X", replace(MODEL, exclusions=(Exclusion("e", ("A", "X")),))),
        ("duplicate", "A", replace(MODEL, exclusions=(Exclusion("e", ("A", "A")),))),
        ("duplicate", "e", replace(MODEL, exclusions=(Exclusion("e", ("A",)),) * 2)),
        ("unknown", "X", replace(MODEL, prerequisites=(Prerequisite("A", "X"),))),
        ("unknown", "X", replace(MODEL, bucket_limits=(BucketLimit("X", 1.0),))),
        ("unknown", "X", replace(MODEL, synergies=(Synergy("X", "A", 1.0),))),
        ("unknown", "X", replace(MODEL, force_in=("X",))),
        ("unknown", "X", replace(MODEL, force_out=("X",))),
        ("contradiction", "A", replace(MODEL, synergies=(Synergy("A", "A", 1.0),))),
        ("contradiction", "A", replace(MODEL, force_in=("A",), force_out=("A",))),
        ("contradiction", "A", replace(of(mandatory=True), force_out=("A",))),
        ("contradiction", "A", of(stoppable=True)),
        ("contradiction", "GROW", replace(MODEL, bucket_limits=(BucketLimit("GROW", 2.0, 1.0),))),
        (
            "percent",
            "GROW",
            replace(MODEL, bucket_limits=(BucketLimit("GROW", 101.0, as_share=True),)),
        ),
        ("percent", "carry_over_pct", replace(MODEL, carry_over_pct=NAN)),
        ("too_large", "periods", replace(MODEL, periods=121)),
        ("too_large", "candidates", replace(MODEL, candidates=(A,) * 5001)),
    ],
)
def test_a_model_that_cannot_be_meant_is_refused(code, place, model):
    with pytest.raises(InvalidInput) as refusal:
        quick_selection(model)

    assert refusal.value.code == f"selection.{code}"
    assert refusal.value.places[0] == place


def test_a_circle_of_prerequisites_is_refused_with_its_candidates():
    circle = (Prerequisite("A", "B"), Prerequisite("B", "A"))

    with pytest.raises(CycleFound) as refusal:
        quick_selection(replace(MODEL, prerequisites=circle))

    assert sorted(refusal.value.places) == ["A", "B"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: select_portfolio(MODEL, seconds=0),
        lambda: select_portfolio(MODEL, gap=-1.0),
        lambda: select_portfolio(MODEL, seconds=NAN),
        lambda: efficient_frontier(MODEL, most_points=0),
        lambda: efficient_frontier(MODEL, seconds=-1.0),
    ],
)
def test_options_out_of_range_are_refused(call):
    with pytest.raises(InvalidInput) as refusal:
        call()

    assert refusal.value.code == "selection.options"


def test_without_candidates_nothing_is_selected(solver):
    found = select_portfolio(SelectionModel(()), solver=solver)

    assert (found.status, found.value, found.selected) == (Status.OPTIMAL, 0, ())


def test_a_rule_is_given_up_only_where_no_amount_would_do(solver):
    both = (replace(A, mandatory=True), replace(B, mandatory=True))
    barred = replace(MODEL, candidates=both, exclusions=(Exclusion("one of", ("A", "B")),))

    found = select_portfolio(barred, solver=solver)

    assert found.status is Status.INFEASIBLE
    assert {r.limit.kind for r in found.relaxations} == {LimitKind.LOGIC}


def test_a_budget_is_relaxed_rather_than_a_skill_and_a_skill_rather_than_a_bucket(solver):
    needy = (replace(A, mandatory=True, demand={"dev": (5.0,)}), B)
    model = replace(MODEL, candidates=needy, budget=(0.5,), capacity={"dev": (4.0,)})
    mixed = replace(model, bucket_limits=(BucketLimit("GROW", at_least=2.0),))

    found = select_portfolio(mixed, solver=solver)

    assert [(r.limit.kind, r.limit.name, r.amount) for r in found.relaxations] == [
        (LimitKind.BUDGET, "budget", 2.5),
        (LimitKind.SKILL, "dev", 1),
    ]


def test_a_decision_that_was_not_taken_costs_nothing_to_ask_about():
    with pytest.raises(InvalidInput) as refusal:
        cost_of_decision(MODEL, ("A",))

    assert refusal.value.code == "selection.unknown"


def test_of_equal_values_the_cheaper_and_then_the_first_code_is_selected(solver):
    same = tuple(
        Candidate(code, 5.0, (cost,)) for code, cost in (("C", 2.0), ("B", 2.0), ("A", 3.0))
    )

    found = select_portfolio(SelectionModel(same, 1, (3.0,)), solver=solver)

    assert (found.codes, found.total_cost, found.ties_settled) == (("B",), 2, True)


def test_progress_is_told_and_never_gets_worse(solver):
    told = []

    found = select_portfolio(MODEL, solver=solver, on_progress=told.append)

    assert told[-1].value == found.value == 3
    assert all(a.value <= b.value and a.bound >= b.bound for a, b in pairwise(told))


def test_a_solver_that_dies_is_told_and_can_be_used_again():
    problem = build(MODEL)
    draft = Draft(problem)
    program = draft.program(draft.value())
    with Solver() as own:
        own._process.kill()
        with pytest.raises(NotConverged) as refusal:
            own.solve(program, seconds=5)
        again = own.solve(program, seconds=60)

    assert refusal.value.code == "selection.solver"
    assert (again.status, again.value) == ("optimal", 3)
    assert own._process is None


def test_a_selection_outlives_its_solver():
    with Solver() as own:
        own._process.kill()
        found = select_portfolio(MODEL, solver=own)

    assert (found.status, found.value, found.solver) == (Status.FEASIBLE_GAP, 3, "own search")


def test_a_program_is_broken_off_and_leaves_no_process():
    with Solver() as own:
        process = own._process
        draft = Draft(build(MODEL))
        own.begin(draft.program(draft.value()), seconds=60)

    assert process.returncode is not None


def test_comparison_tells_use_mix_and_changes():
    model = SelectionModel(
        (
            replace(A, demand={"dev": (1.0,)}, bucket="RUN", objectives=("O1",)),
            replace(B, objectives=("O1", "O2")),
        ),
        1,
        (2.0,),
        capacity={"dev": (4.0,)},
    )
    richer = replace(model, budget=(3.0,))
    first, second = quick_selection(model), quick_selection(richer)

    told = profile(richer, second)

    assert [(c.code, c.change) for c in changes(model, first, second)] == [
        ("A", Change.ENTERS),
        ("B", Change.SAME),
    ]
    assert (told.money.used, told.money.limit, told.total_cost) == ((3,), (3,), 3)
    assert [(s.name, s.used, s.limit) for s in told.skills] == [("dev", (1,), (4,))]
    assert [(b.bucket, b.cost) for b in told.buckets] == [("GROW", 2), ("RUN", 1)]
    assert told.objectives == ("O1", "O2")
    assert profile(model, first).missing_objectives == ()


@pytest.mark.parametrize("more", [0, -10, float("nan"), float("inf")])
def test_no_more_budget_has_no_worth(more):
    with pytest.raises(InvalidInput, match="above 0") as refused:
        shadow_value(MODEL, more)
    assert refused.value.code == "selection.number"
