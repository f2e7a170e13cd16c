# SPDX-License-Identifier: Apache-2.0
"""The whole table of rights: parsed, and compared with itself written the other way round."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from pilothouse.foundation.access.matrix import (
    NOTES,
    ROLE_LABELS,
    Reach,
    Right,
    Role,
    matrix,
    parse_cell,
    roles_with,
)

SUFFIX = {Reach.OFFICE: "*", Reach.OWN: "o", Reach.SCOPE: ""}
EXPECTED = tomllib.loads((Path(__file__).parent / "expected_rights.toml").read_text("utf-8"))


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)
def test_every_cell_of_a_role_gives_the_rights_written_out_for_it(role):
    found: dict[str, set[str]] = {}
    for object_type, cells in matrix().items():
        for right in cells[role]:
            key = right.letter + SUFFIX[right.reach] + ("?" if right.conditional else "")
            found.setdefault(key, set()).add(object_type)

    assert found == {key: set(names.split()) for key, names in EXPECTED[role.name].items()}


def test_the_matrix_has_every_role_and_every_object():
    assert set(EXPECTED) == {role.name for role in Role}
    assert all(set(row) == set(Role) for row in matrix().values())
    assert set(matrix()) == {
        n for cells in EXPECTED.values() for v in cells.values() for n in v.split()
    }
    assert set(ROLE_LABELS) == set(Role)


def test_the_table_is_the_one_of_the_specification(shared_data):
    ours = files("pilothouse.foundation.access").joinpath("matrix.txt").read_text("utf-8")

    assert ours.strip() in (shared_data.parent / "DOMAIN.md").read_text("utf-8")


def test_every_note_of_a_cell_is_said_in_words():
    used = {
        note for row in matrix().values() for cell in row.values() for r in cell for note in r.notes
    }

    # Note 9 narrows a cell that grants nothing.
    assert used | {9} == set(NOTES)


def test_a_bracket_gives_nothing_by_the_role_alone():
    assert Right("U", Reach.SCOPE, (6,), conditional=True) in matrix()["task"][Role.ANL]
    assert Role.ANL not in dict(roles_with("task", "U"))
    assert Role.PM not in dict(roles_with("actual", "C"))


def test_published_only_opens_with_published_versions():
    assert Role.VIE not in dict(roles_with("status_report", "R"))
    assert dict(roles_with("status_report", "R", published=True))[Role.VIE] is Reach.SCOPE
    assert dict(roles_with("project", "R"))[Role.VIE] is Reach.SCOPE


def test_two_reaches_in_one_cell_are_kept_apart():
    assert parse_cell("CRUSo RA") == frozenset(
        {Right(letter, Reach.OWN, ()) for letter in "CRUS"}
        | {Right("R", Reach.SCOPE, ()), Right("A", Reach.SCOPE, ())}
    )


@pytest.mark.parametrize("text", ["X", "R**", "*", "R,U", "R o*"])
def test_a_cell_that_cannot_be_read_stops_the_start(text):
    with pytest.raises(ValueError, match="not understood"):
        parse_cell(text)
