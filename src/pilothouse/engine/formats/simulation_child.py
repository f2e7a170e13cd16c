# SPDX-License-Identifier: Apache-2.0
"""A process of its own that simulates one plan and ends; it may hold the compiler (ADR 0014).

Standard input brings one line of JSON (lengths and options), then the plan and the risk model as
their JSON files. Standard output is one document a line: ``{"progress": percent}`` while it runs,
then ``{"before": …, "after": …}`` (``after`` null where no event has a response) or ``{"error":
[code, sentence]}``. What it says for the same input and seed is the same, bit for bit.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO

from pilothouse.engine.errors import EngineError
from pilothouse.engine.formats.plan_json import read_plan_json
from pilothouse.engine.formats.risks import read_risks
from pilothouse.engine.formats.simulation_json import simulation_document
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule import Dialect, ScheduleOptions
from pilothouse.engine.simulate import RiskModel, SimulationOptions, simulate_plan


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer the one question that ``source`` holds."""
    asked = json.loads(source.readline())
    plan_bytes = source.read(asked["plan_bytes"])
    risk_bytes = source.read(asked["risk_bytes"])
    try:
        answer = _answer(asked, plan_bytes, risk_bytes, sink)
    except EngineError as error:
        answer = {"error": [error.code, error.message]}
    _say(sink, answer)


def _answer(
    asked: dict[str, Any], plan_bytes: bytes, risk_bytes: bytes, sink: BinaryIO
) -> dict[str, Any]:
    plan = read_plan_json(BytesIO(plan_bytes))
    model = read_risks(BytesIO(risk_bytes), plan.minutes_per_day)
    both = any(event.response is not None for event in model.events)
    before = _run(plan, model, asked, sink, responses=False, share=(0.0, 0.5 if both else 1.0))
    after = None
    if both:
        after = _run(plan, model, asked, sink, responses=True, share=(0.5, 1.0))
    return {"before": before, "after": after}


def _run(
    plan: Plan,
    model: RiskModel,
    asked: dict[str, Any],
    sink: BinaryIO,
    *,
    responses: bool,
    share: tuple[float, float],
) -> dict[str, Any]:
    told = [-1]
    first, last = share

    def progress(done: int, whole: int) -> None:
        percent = int(100 * (first + (last - first) * done / whole))
        if percent > told[0]:
            told[0] = percent
            _say(sink, {"progress": percent})

    options = SimulationOptions(
        iterations=asked["iterations"],
        seed=asked["seed"],
        milestones=tuple(asked["milestones"]),
        schedule=ScheduleOptions(
            dialect=Dialect(asked["dialect"]),
            work_after_status_date=asked["work_after_status_date"],
        ),
        responses=responses,
        progress=progress,
    )
    found = simulate_plan(plan, model, options)
    names = {task.uid: task.name for task in plan.tasks}
    notices = [
        {"place": row.place, "field": row.field, "message": row.message} for row in found.notices
    ]
    return {**simulation_document(found, names), "notices": notices}


def _say(sink: BinaryIO, document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, default=_plain)
    sink.write(text.encode() + b"\n")
    sink.flush()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    raise TypeError(f"{type(value).__name__} has no form in JSON")


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
