# SPDX-License-Identifier: Apache-2.0
import json
from io import BytesIO
from pathlib import Path

import pytest

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.risks import LARGEST_BYTES, read_risks
from pilothouse.engine.simulate import (
    Constant,
    CorrelationGroup,
    CorrelationMatrix,
    CostItem,
    Discrete,
    Estimate,
    Impact,
    Lognormal,
    PertBeta,
    Response,
    RiskEvent,
    RiskModel,
    Shape,
    SimulationOptions,
    Template,
    Triangular,
    Trigen,
    Uniform,
    simulate_plan,
)
from pilothouse.engine.testing.chart import plan_chart

DOCS = Path(__file__).resolve().parents[5] / "docs" / "reference" / "risks-json.md"
FILE = {
    "version": 1,
    "currency": "EUR",
    "template": {"low_pct": -10, "high_pct": 25, "shape": "pert"},
    "estimates": [
        {"task": 1, "duration": {"type": "triangular", "low": 8, "mode": 10, "high": 15}},
        {"task": 2, "duration": {"type": "lognormal", "mean": 10, "sd": 3}},
        {
            "task": 3,
            "duration": {"type": "discrete", "values": [1, 2], "probabilities": [0.5, 0.5]},
        },
    ],
    "events": [
        {
            "id": "R1",
            "name": "Flood",
            "probability": 0.3,
            "impacts": [{"task": 1, "delay": {"type": "uniform", "low": 1, "high": 2}}],
            "cost": {"type": "constant", "value": 9},
            "parallel": True,
            "response": {"probability": 0.1, "response_cost": 5},
        }
    ],
    "costs": [
        {"id": "c", "amount": {"type": "pert", "low": 1, "mode": 2, "high": 4}, "per_day": True},
        {
            "id": "d",
            "name": "Crane",
            "amount": {"type": "trigen", "p10": 1, "mode": 2, "p90": 4},
            "task": 1,
            "base": 2,
        },
    ],
    "correlation_groups": [{"name": "g", "rho": 0.5, "tasks": [1, 2], "costs": ["c"]}],
    "correlation_matrices": [
        {"name": "m", "rows": [[1, 0.2], [0.2, 1]], "tasks": [3], "costs": ["d"]}
    ],
}


def read(value, **more):
    return read_risks(BytesIO(json.dumps(value).encode()), **more)


def test_a_file_with_everything():
    assert read(FILE) == RiskModel(
        (
            Estimate(1, Triangular(8 * 480, 10 * 480, 15 * 480)),
            Estimate(2, Lognormal(4800, 1440)),
            Estimate(3, Discrete((480, 960), (0.5, 0.5))),
        ),
        Template(-10, 25, Shape.PERT),
        (
            RiskEvent(
                "R1",
                "Flood",
                0.3,
                (Impact(1, Uniform(480, 960)),),
                Constant(9),
                True,
                Response(0.1, response_cost=5),
            ),
        ),
        (
            CostItem("c", "c", PertBeta(1, 2, 4), per_day=True),
            CostItem("d", "Crane", Trigen(1, 2, 4), task=1, base=2),
        ),
        (CorrelationGroup("g", 0.5, (1, 2), ("c",)),),
        (CorrelationMatrix("m", ((1, 0.2), (0.2, 1)), (3,), ("d",)),),
        "EUR",
    )


@pytest.mark.parametrize(("unit", "minutes"), [("minutes", 8), ("hours", 480), ("days", 8 * 420)])
def test_durations_in_the_unit_of_the_file(unit, minutes):
    estimates = [{"task": 1, "duration": {"type": "constant", "value": 8}}]
    model = read({"version": 1, "unit": unit, "estimates": estimates}, minutes_per_day=420)

    assert model.estimates == (Estimate(1, Constant(minutes)),)


def test_a_file_that_is_read_can_be_simulated():
    plan = plan_chart("A 10 | |\nB 4 | | A\nC 1 | | A").plan

    result = simulate_plan(plan, read(FILE), SimulationOptions(iterations=100))

    assert result.cost.mean > 0


def changed(way, value):
    """The file with one value changed or, for None, gone."""
    found = json.loads(json.dumps(FILE))
    *before, last = way
    inner = found
    for step in before:
        inner = inner[step]
    inner[last] = value
    return found


@pytest.mark.parametrize(
    ("way", "value", "place"),
    [
        (("colour",), 1, "colour"),
        (("unit",), "weeks", "unit"),
        (("currency",), 4, "currency"),
        (("events",), {}, "events"),
        (("events", 0), 4, "events[0]"),
        (("events", 0, "id"), "", "events[0].id"),
        (("events", 0, "probability"), "0.3", "events[0].probability"),
        (("events", 0, "probability"), True, "events[0].probability"),
        (("events", 0, "parallel"), 1, "events[0].parallel"),
        (("events", 0, "impacts", 0, "task"), 1.5, "events[0].impacts[0].task"),
        (("events", 0, "impacts", 0, "delay"), None, "events[0].impacts[0].delay"),
        (("events", 0, "impacts", 0, "delay", "type"), "normal", "events[0].impacts[0].delay.type"),
        (("events", 0, "impacts", 0, "delay", "sd"), 1, "events[0].impacts[0].delay.sd"),
        (("estimates", 2, "duration", "values", 1), None, "estimates[2].duration.values[1]"),
        (("estimates", 0, "duration", "low"), 10**400, "estimates[0].duration.low"),
        (("template", "shape"), "flat", "template.shape"),
        (("costs", 0, "amount"), None, "costs[0].amount"),
        (("correlation_groups", 0, "costs", 0), 3, "correlation_groups[0].costs[0]"),
        (("correlation_matrices", 0, "rows", 0), 3, "correlation_matrices[0].rows[0]"),
        (("correlation_matrices", 0, "rows", 0, 1), "x", "correlation_matrices[0].rows[0][1]"),
    ],
)
def test_a_wrong_field_is_named(way, value, place):
    with pytest.raises(FormatError) as caught:
        read(changed(way, value))

    assert caught.value.code == "risks.field"
    assert caught.value.places == (place,)
    assert place in caught.value.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "risks.json"),
        (b"\xff\xfe\x00", "risks.json"),
        (b"{", "risks.json"),
        (b'{"version": 1, "version": 1}', "risks.json"),
        (b'{"version": NaN}', "risks.json"),
        (b"[" * 100_000, "risks.json"),
        (b'{"version": ' + b"9" * 10_000 + b"}", "risks.json"),
        (b"[]", "risks.field"),
        (b"{}", "risks.version"),
        (b'{"version": 2}', "risks.version"),
        (b" " * (LARGEST_BYTES + 1), "risks.size"),
    ],
)
def test_what_is_no_such_file_is_refused(text, code):
    with pytest.raises(FormatError) as caught:
        read_risks(BytesIO(text))

    assert caught.value.code == code


def test_the_example_of_the_documentation_can_be_read():
    example = DOCS.read_text().split("```json\n")[1].split("```")[0]

    model = read_risks(BytesIO(example.encode()))

    assert len(model.events) == 1
    assert model.template is not None
