# SPDX-License-Identifier: Apache-2.0
"""Every code of the error tree, read out of the sources: who raises it, with which sentence."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "architecture"))

from sources import SOURCES, Module, modules

ROOTS = {"PilothouseError", "EngineError", "TableError"}
"""The product's errors, the engine's, and the exchange's own, which leave as ``Invalid``."""

PASSED_ON = {
    "delivery/planning/bridge/aside.py": (),
    "delivery/planning/bridge/calendars.py": (),
    "delivery/planning/bridge/edits.py": (),
    "delivery/planning/bridge/engine.py": (),
    "delivery/planning/bridge/merging.py": (),
    "delivery/planning/bridge/options.py": (),
    "delivery/planning/bridge/patterns.py": (),
    "delivery/planning/bridge/tables.py": (),
    "delivery/planning/services/edits.py": (),
    "delivery/projects/views/containers.py": ("projects.portfolio", "projects.programme"),
    "delivery/simulations/bridge/apart.py": (),
    "delivery/simulations/bridge/plans.py": (),
    "direction/performance/queries/__init__.py": (),
    "direction/performance/services/__init__.py": (),
    "engine/formats/mspdi/reader.py": (
        "mspdi.calendar_base_cycle",
        "mspdi.calendar_base_depth",
        "mspdi.calendar_dates",
        "mspdi.calendar_duplicate",
        "mspdi.calendar_intervals",
        "mspdi.calendar_missing_base",
        "mspdi.calendar_no_pattern",
        "mspdi.calendar_no_working_time",
        "mspdi.calendar_out_of_range",
    ),
    "engine/formats/mspdi/scan.py": (),
    "engine/formats/mspdi/values.py": (),
    "engine/formats/plan_json/reader.py": (),
    "engine/formats/plan_table/edits.py": (),
    "engine/formats/xer/reader.py": (
        "xer.calendar_base_cycle",
        "xer.calendar_base_depth",
        "xer.calendar_no_pattern",
    ),
    "engine/formats/xer/scan.py": (),
    "engine/formats/xer/values.py": (),
    "engine/schedule/arrays.py": (),
    "engine/schedule/prepare.py": (),
    "exchange/gmpp/loading.py": (),
    "exchange/sandbox.py": (),
    "foundation/core/parsing.py": (),
    "foundation/organisation/services.py": (),
}
"""File → codes it makes of others; those without only hand on a code that is raised elsewhere."""

SECOND = {"ApiError": 1, "invalid_from": 1, "problem": 2}
"""Which argument is the code, where it is not the first."""

SAID = {
    "accounts.password": "What the rules of passwords say.",
    "api.json": "The body is no JSON, or beyond a bound; the sentence says which.",
    "api.reference": "There is no such … in your organisation.",
    "cli.problems": "The rows with problems, with the reason of each.",
    "evm.package": "What of a work package cannot be.",
    "mspdi.calendar_base_cycle": "Calendars build on each other: ….",
    "mspdi.calendar_base_depth": "A calendar builds on too many others, each on the next.",
    "mspdi.calendar_dates": "An exception ends before it begins.",
    "mspdi.calendar_duplicate": "Two calendars have the uid ….",
    "mspdi.calendar_empty": "The calendar of … leaves no working time.",
    "mspdi.calendar_intervals": "Working times overlap, or a week has other than seven days.",
    "mspdi.calendar_missing_base": "The calendar that … builds on is not there.",
    "mspdi.calendar_no_pattern": "The calendar … has no week and no base.",
    "mspdi.calendar_no_working_time": "There is no working time in the calendar ….",
    "mspdi.calendar_out_of_range": "A date lies beyond what calendars reach.",
    "organisation.person": "… has no place and no role in this organisation, or is disabled.",
    "planjson.calendar": "What is wrong with a calendar.",
    "planjson.empty": "The document is empty.",
    "planjson.encoding": "The document is not UTF-8 at byte …; save it as UTF-8.",
    "planjson.field": "… is not known here; correct the name.",
    "planjson.kind": "… is …, not what belongs there.",
    "planjson.limit": "… has more than … rows, characters or digits.",
    "planjson.missing": "… is missing; add it.",
    "planjson.not_json": "The document is no JSON at line …: ….",
    "planjson.range": "… is not between … and ….",
    "planjson.too_large": "The document is larger than … MB; split it.",
    "planjson.value": "… is no value of its field.",
    "planning.baseline": "What is missing or wrong in a baseline that is to be taken, by field.",
    "planning.card": "Why … cannot be moved to a column of the board, and what to do instead.",
    "portfolio.own_field": "A condition on a field that is not there, or that its kind cannot meet.",
    "projects.closed_place": "The portfolio or programme has ended; choose one that is open.",
    "projects.custom": "What is wrong with the value of an own field.",
    "projects.fields": "Which fields of a project are not yours to change, and whose they are.",
    "raid.decision": "What is missing of a decision, by field: the answer, why, who decided, when.",
    "raid.entry": "What is missing or wrong in an entry of a register, by field.",
    "raid.not_allowed": "Your roles do not allow you to … it; its owner and who manages … may.",
    "raid.range": "The likely … lies between the least and the most, and none is below 0.",
    "risks.field": "… is missing, not known, or not what belongs there.",
    "risks.json": "The file is no JSON, not UTF-8, or beyond a bound.",
    "risks.size": "The file is larger than … MB; split it.",
    "notices.delivery": "What was chosen does not fit together: ….",
    "scanning.full": "… was not taken in: the scanner does not answer, and too many files wait for it.",
    "selection.file_json": "The document is no JSON, not UTF-8, or beyond a bound.",
    "selection.file_missing": "… is missing; add it.",
    "selection.file_size": "The document is larger than … MB; split it.",
    "selection.file_type": "… is …, not what belongs there.",
    "selection.file_unknown": "… is not known here; correct the name.",
    "simulations.correlation": "What is missing or wrong in a correlation, by field.",
    "simulations.cost": "What is missing or wrong in a cost, by field.",
    "simulations.range": "Task …: low ≤ likely ≤ high does not hold, or the plan has no such task.",
    "simulations.template": "What is wrong with the usual range of tasks, by field.",
    "xer.calendar_base_cycle": "Calendars build on each other: ….",
    "xer.calendar_base_depth": "A calendar builds on too many others, each on the next.",
    "xer.calendar_no_pattern": "The calendar … has no week and no base.",
}
"""What a code says where its sentence is put together elsewhere."""

CHECKED = "Some entries need attention; nothing was saved."
RULE = "A value breaks a rule of the record; the fields say which."


@dataclass
class Code:
    """One code: the answers that carry it, and what they say."""

    name: str
    statuses: set[int] = field(default_factory=set)
    says: list[str] = field(default_factory=list)


@cache
def bases() -> dict[str, tuple[str, ...]]:
    """Class → the classes above it, all that the sources define."""
    return {
        node.name: tuple(base.id for base in node.bases if isinstance(base, ast.Name))
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }


@cache
def tree() -> frozenset[str]:
    """Every class of the error tree."""
    found = set(ROOTS)
    while more := {name for name, above in bases().items() if set(above) & found} - found:
        found |= more
    return frozenset(found)


def status_of(name: str) -> int:
    """The status with which an error of a class is answered."""
    known_ones = {
        "FileHeld": 202,
        "NotAllowed": 403,
        "NotFound": 404,
        "Conflict": 409,
        "Unavailable": 503,
    }
    for known, status in known_ones.items():
        if name == known:
            return status
    return 400 if name == "PilothouseError" else 422


def format_of(module: Module) -> str:
    """The file format that a module reads; its codes begin with it."""
    parts = module.name.split(".")
    inside = parts[1:3] == ["engine", "formats"] and len(parts) > 4
    return parts[3].replace("_", "") if inside else ""


def _calls(module: Module) -> Iterator[tuple[str, ast.Call, ast.AST]]:
    """Calls that carry a code: the name that is called, the call, the function around it."""
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.Module):
            continue
        for node in _own(function):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if isinstance(node.func, ast.Attribute):
                name = node.func.attr
            carries = name in tree() or name == "invalid_from"
            carries |= name == "refuse" and format_of(module) != ""
            carries |= name == "check" and bool(node.args) and _text(node.args[0]) != ""
            carries |= name == "problem" and module.app == "faces.api"
            if carries and node.args:
                yield name, node, function


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Everything of a function but the functions inside it, as it stands in the file."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from _own(child)


def _text(node: ast.expr | None) -> str:
    """A sentence with dots where a value comes in; nothing where it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) or _text(node.right)
    return ""


def _sentence(node: ast.expr | None, before: ast.Call, function: ast.AST) -> str:
    """The sentence of a call, also where it was put into a name first."""
    if isinstance(node, ast.Name):
        said = [
            _text(statement.value)
            for statement in _own(function)
            if isinstance(statement, ast.Assign)
            and statement.lineno < before.lineno
            and any(isinstance(to, ast.Name) and to.id == node.id for to in statement.targets)
        ]
        return said[-1] if said else ""
    return _text(node)


@cache
def codes() -> dict[str, Code]:
    """Every code of the product by its name."""
    found: dict[str, Code] = {}

    def add(name: str, status: int, says: str = "") -> None:
        code = found.setdefault(name, Code(name))
        code.statuses.add(status)
        if says and says not in code.says:
            code.says.append(says)

    for module in modules():
        for name, call, function in _calls(module):
            place = SECOND.get(name, 0)
            code = _text(call.args[place]) if len(call.args) > place else ""
            says = (
                _sentence(call.args[place + 1], call, function)
                if place + 1 < len(call.args)
                else ""
            )
            if not code or "…" in code or (name != "refuse" and "." not in code):
                continue
            if name in {"ApiError", "problem"}:
                status = call.args[place - 1]
                add(code, status.value if isinstance(status, ast.Constant) else 400, says)
            elif name == "refuse":
                # A row says which of its elements is wrong, then what is wrong with it.
                if len(call.args) > 2 and isinstance(call.func, ast.Attribute):
                    says = f"Line …: … {_sentence(call.args[2], call, function)}."
                add(f"{format_of(module)}.{code}", 422, says)
            elif name in {"check", "invalid_from"}:
                add(code, 422, CHECKED if name == "check" else RULE)
            else:
                add(code, status_of(name), says)
    for made in PASSED_ON.values():
        for name in made:
            add(name, 403 if name.startswith("projects.") else 422)
    for name, status, says in _middleware():
        add(name, status, says)
    for name, says in SAID.items():
        if not found[name].says:
            found[name].says.append(says)
    found["core.stale"].statuses.add(412)
    return dict(sorted(found.items()))


def _middleware() -> Iterator[tuple[str, int, str]]:
    """Answers of Django itself that the API puts in words."""
    from pilothouse.faces.api.middleware import _CODES

    for status, (code, says) in _CODES.items():
        yield code, status, says


def unclear() -> list[str]:
    """Places where a code is neither written out nor known to be handed on."""
    found = []
    for module in modules():
        inside = str(module.path.relative_to(SOURCES))
        for name, call, _ in _calls(module):
            place = SECOND.get(name, 0)
            code = _text(call.args[place]) if len(call.args) > place else ""
            handed = inside in PASSED_ON or module.app == "faces.api"
            if (not code or "…" in code) and not handed:
                found.append(module.at(call))
    return found
