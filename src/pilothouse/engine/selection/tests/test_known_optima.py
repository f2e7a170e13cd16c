# SPDX-License-Identifier: Apache-2.0
"""Published problems with known best values (OR-Library)."""

import zipfile

import pytest

from pilothouse.engine.selection import Solver, Status, quick_selection, select_portfolio
from pilothouse.engine.selection.tests import orlib


@pytest.fixture
def folder(shared_data):
    return shared_data / "knapsack_portfolio"


@pytest.mark.shared_data
def test_the_seven_problems_of_petersen_are_solved_to_the_proof(folder):
    text = (folder / "orlib_mknap1_petersen_rd_projects.txt").read_text()
    problems = list(orlib.read_mknap1(text))

    with Solver() as solver:
        found = [select_portfolio(model, solver=solver) for model, _ in problems]

    assert len(problems) == 7
    assert {result.status for result in found} == {Status.OPTIMAL}
    for result, (_, optimum) in zip(found, problems):
        assert result.value == pytest.approx(optimum, abs=1e-6)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "file", "rounds"),
    [("5.100-00", "mknapcb1.txt", 2000), ("30.250-29", "mknapcb8.txt", 1000)],
)
def test_a_quick_selection_comes_near_the_best_known(folder, name, file, rounds):
    best = orlib.read_best_known(folder / "orlib_mkcbres_best_known.txt")[name]
    with zipfile.ZipFile(folder / "orlib_mknapcb1-9.zip") as archive:
        models = list(orlib.read_mknapcb(archive.read(file).decode()))

    found = quick_selection(models[int(name[-2:])], rounds=rounds)

    assert 0.995 * best <= found.value <= best <= found.bound
    assert found.bound <= 1.01 * best
