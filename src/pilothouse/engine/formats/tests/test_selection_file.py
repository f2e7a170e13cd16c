# SPDX-License-Identifier: Apache-2.0
import io
import json
import re
from pathlib import Path

import pytest

from pilothouse.engine.errors import CycleFound, FormatError, InvalidInput
from pilothouse.engine.formats.selection_file import read_selection
from pilothouse.engine.selection import (
    BucketLimit,
    Candidate,
    Exclusion,
    Prerequisite,
    PrerequisiteForm,
    SelectionModel,
    Synergy,
)

ROOT = Path(__file__).parents[5]
LEAST = {"format": "pilothouse.selection", "version": 1, "periods": 1, "candidates": []}


WHOLE = {
    **LEAST,
    "name": "Spring",
    "periods": 2,
    "budget": [8, 7.5],
    "carry_over_pct": 20,
    "capacity": {"dev": [8, 8]},
    "delay_factors": [1, 0.9],
    "total_cost_cap": 100,
    "candidates": [
        {
            "code": "A",
            "value": 60,
            "cost": [1, 2],
            "demand": {"dev": [3, 1]},
            "starts": [1, 2],
            "latest_start": 2,
            "delay_factors": [1, 0.5],
            "duration": 3,
            "mandatory": True,
            "bucket": "GROW",
            "exposure": 4,
            "objectives": ["O1"],
        },
        {"code": "B", "value": -1, "running": True, "stoppable": True, "stopping_cost": [3]},
    ],
    "exclusions": [{"name": "one of", "members": ["A", "B"]}],
    "prerequisites": [{"code": "A", "needs": "B", "form": "finished"}],
    "bucket_limits": [{"bucket": "GROW", "at_least": 10, "at_most": 90, "as_share": True}],
    "synergies": [{"first": "A", "second": "B", "bonus": 5}],
    "force_in": ["A"],
    "force_out": ["B"],
}


def read(document):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_selection(io.BytesIO(data))


def one(**fields):
    return {**LEAST, "candidates": [{"code": "A", "value": 1, **fields}]}


def test_the_least_document_has_the_defaults():
    assert read(LEAST) == SelectionModel(())
    assert read(one()) == SelectionModel((Candidate("A", 1.0),))
    assert read(one(bucket=None, cost=None)) == SelectionModel((Candidate("A", 1.0),))


def test_everything_that_can_be_said_is_read():
    assert read(WHOLE) == SelectionModel(
        (
            Candidate(
                "A",
                60.0,
                (1.0, 2.0),
                {"dev": (3.0, 1.0)},
                (1, 2),
                2,
                (1.0, 0.5),
                3,
                True,
                bucket="GROW",
                exposure=4.0,
                objectives=("O1",),
            ),
            Candidate("B", -1.0, running=True, stoppable=True, stopping_cost=(3.0,)),
        ),
        2,
        (8.0, 7.5),
        20.0,
        {"dev": (8.0, 8.0)},
        (1.0, 0.9),
        100.0,
        (Exclusion("one of", ("A", "B")),),
        (Prerequisite("A", "B", PrerequisiteForm.FINISHED),),
        (BucketLimit("GROW", 10.0, 90.0, True),),
        (Synergy("A", "B", 5.0),),
        ("A",),
        ("B",),
    )


def test_the_example_of_the_docs_is_read():
    page = (ROOT / "docs/reference/selection-file.md").read_text()
    example = re.search(r"```json\n(.*?)```", page, re.S)[1]

    assert len(read(example.encode()).candidates) == 3


@pytest.mark.parametrize(
    ("code", "place", "document"),
    [
        ("file_json", None, b"{"),
        ("file_json", None, b"\xff\xfe"),
        ("file_json", None, b'{"value": NaN}'),
        ("file_json", None, b'{"a": 1, "a": 2}'),
        ("file_json", None, b"[" * 100_000),
        ("file_json", None, b'{"periods": ' + b"9" * 5_000 + b"}"),
        ("file_type", "the document", [1]),
        ("file_kind", "format", {}),
        ("file_version", "version", {**LEAST, "version": 2}),
        ("file_missing", "periods", {k: v for k, v in LEAST.items() if k != "periods"}),
        ("file_missing", "candidates", {k: v for k, v in LEAST.items() if k != "candidates"}),
        ("file_missing", "candidates[0].value", {**LEAST, "candidates": [{"code": "A"}]}),
        ("file_unknown", "budgets", {**LEAST, "budgets": [1]}),
        ("file_unknown", "candidates[0].costs", one(costs=[1])),
        ("file_type", "candidates[0]", {**LEAST, "candidates": ["A"]}),
        ("file_type", "candidates", {**LEAST, "candidates": {}}),
        ("file_type", "candidates[0].cost[1]", one(cost=[1, "2"])),
        ("file_type", "candidates[0].cost[0]", one(cost=[True])),
        ("file_type", "candidates[0].cost[0]", one(cost=[10**400])),
        ("file_type", "candidates[0].demand.dev[0]", one(demand={"dev": [None]})),
        ("file_type", "candidates[0].starts[0]", one(starts=[1.5])),
        ("file_type", "candidates[0].mandatory", one(mandatory=1)),
        ("file_type", "candidates[0].bucket", one(bucket="")),
        (
            "file_type",
            "prerequisites[0].form",
            {**LEAST, "prerequisites": [{"code": "A", "needs": "B", "form": "later"}]},
        ),
    ],
)
def test_what_is_no_selection_file_is_refused_with_its_path(code, place, document):
    with pytest.raises(FormatError) as refusal:
        read(document)

    assert refusal.value.code == f"selection.{code}"
    if place:
        assert refusal.value.places == (place,)
        assert refusal.value.message.startswith(place)


def test_a_model_that_cannot_be_meant_is_refused_with_candidate_and_field():
    with pytest.raises(InvalidInput) as refusal:
        read(one(cost=[-1]))
    circle = [{"code": "A", "needs": "A"}]
    with pytest.raises(CycleFound):
        read({**one(), "prerequisites": circle})

    assert (refusal.value.code, refusal.value.places) == ("selection.negative", ("A", "cost"))
