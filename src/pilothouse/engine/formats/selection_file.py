# SPDX-License-Identifier: Apache-2.0
"""Reads a model for selection from JSON (docs/reference/selection-file.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NoReturn, TypeVar

from pilothouse.engine.errors import FormatError
from pilothouse.engine.selection import (
    BucketLimit,
    Candidate,
    Exclusion,
    Prerequisite,
    PrerequisiteForm,
    SelectionModel,
    Synergy,
)
from pilothouse.engine.selection.checks import check

KIND = "pilothouse.selection"
VERSION = 1
MOST_BYTES = 64 * 2**20

T = TypeVar("T")


def read_selection(source: BinaryIO) -> SelectionModel:
    """Read a selection file.

    Parameters
    ----------
    source : binary file
        JSON in UTF-8, at most `MOST_BYTES`; read from its present position to its end.

    Returns
    -------
    SelectionModel
        Checked.

    Raises
    ------
    FormatError
        ``selection.file_size``, ``selection.file_json``, ``selection.file_kind``,
        ``selection.file_version``, ``selection.file_missing``, ``selection.file_unknown``,
        ``selection.file_type``; the sentence and the place name the path in the document, such
        as ``candidates[3].cost[1]``.
    InvalidInput, CycleFound
        As `pilothouse.engine.selection.checks.check`, naming candidate and field.

    Notes
    -----
    Unknown names are refused, so that a misspelt limit is not a limit that is missing.
    """
    top = _Part(_parsed(source), "")
    if top.value.get("format") != KIND:
        _refuse("kind", "format", f"is not {KIND!r}; this is no selection file")
    if top.value.get("version") != VERSION:
        _refuse("version", "version", f"is not {VERSION}, the only one that is read")
    model = SelectionModel(
        candidates=top.list_of("candidates", _candidate, required=True),
        periods=top.whole("periods", required=True) or 0,
        budget=top.numbers("budget") if top.has("budget") else None,
        carry_over_pct=top.number("carry_over_pct", 0.0) or 0.0,
        capacity=top.profiles("capacity"),
        delay_factors=top.numbers("delay_factors"),
        total_cost_cap=top.number("total_cost_cap", None),
        exclusions=top.list_of("exclusions", _exclusion),
        prerequisites=top.list_of("prerequisites", _prerequisite),
        bucket_limits=top.list_of("bucket_limits", _bucket_limit),
        synergies=top.list_of("synergies", _synergy),
        force_in=top.texts("force_in"),
        force_out=top.texts("force_out"),
    )
    top.refuse_others("format", "version", "name")
    check(model)
    return model


def _refuse(code: str, path: str, reason: str) -> NoReturn:
    place = path or "the document"
    match code:
        case "kind":
            raise FormatError("selection.file_kind", f"{place} {reason}.", (place,))
        case "version":
            raise FormatError("selection.file_version", f"{place} {reason}.", (place,))
        case "missing":
            raise FormatError("selection.file_missing", f"{place} {reason}.", (place,))
        case "unknown":
            raise FormatError("selection.file_unknown", f"{place} {reason}.", (place,))
    raise FormatError("selection.file_type", f"{place} {reason}.", (place,))


def _parsed(source: BinaryIO) -> Any:
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FormatError(
            "selection.file_size",
            f"The file is larger than {MOST_BYTES // 2**20} MB; split the model.",
        )
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_no_constant,
            object_pairs_hook=_without_doubles,
        )
    except (ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise FormatError(
            "selection.file_json", f"The file is no JSON in UTF-8 ({said}); correct it there."
        ) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {double[:60]!r} stands twice in one object")
    return found


class _Part:
    """One object of the document, and where it stands."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            _refuse("type", path, "is no object; write {…} with names and values")
        self.value: dict[str, Any] = value
        self._path = path
        self._read: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Whether a name is there with a value other than null."""
        self._read.add(name)
        return self.value.get(name) is not None

    def refuse_others(self, *known: str) -> None:
        """Refuse every name that nothing has asked for."""
        for name in self.value:
            if name not in self._read and name not in known:
                _refuse("unknown", self.at(name[:60]), "is not known here; correct the name")

    def _given(self, name: str, required: bool) -> Any:
        if self.has(name):
            return self.value[name]
        if required:
            _refuse("missing", self.at(name), "is missing; add it")
        return None

    def number(self, name: str, default: float | None, *, required: bool = False) -> float | None:
        value = self._given(name, required)
        return default if value is None else _number(value, self.at(name))

    def whole(self, name: str, *, required: bool = False) -> int | None:
        value = self._given(name, required)
        return None if value is None else _whole(value, self.at(name))

    def flag(self, name: str) -> bool:
        value = self._given(name, False)
        if value is not None and not isinstance(value, bool):
            _refuse("type", self.at(name), "is neither true nor false")
        return bool(value)

    def text(self, name: str, *, required: bool = False) -> str:
        value = self._given(name, required)
        return "" if value is None else _text(value, self.at(name))

    def items(self, name: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        value = self._given(name, False)
        if value is None:
            return ()
        if not isinstance(value, list):
            _refuse("type", self.at(name), "is no list; write […]")
        return tuple(read(item, f"{self.at(name)}[{i}]") for i, item in enumerate(value))

    def numbers(self, name: str) -> tuple[float, ...]:
        return self.items(name, _number)

    def texts(self, name: str) -> tuple[str, ...]:
        return self.items(name, _text)

    def list_of(
        self, name: str, read: Callable[[_Part], T], *, required: bool = False
    ) -> tuple[T, ...]:
        """Objects of one kind; each is read whole."""
        self._given(name, required)

        def one(value: Any, path: str) -> T:
            part = _Part(value, path)
            found = read(part)
            part.refuse_others()
            return found

        return self.items(name, one)

    def profiles(self, name: str) -> Mapping[str, tuple[float, ...]]:
        """An object of lists of numbers."""
        value = self._given(name, False)
        if value is None:
            return {}
        part = _Part(value, self.at(name))
        return {key: part.numbers(key) for key in part.value}


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse("type", path, "is no number")
    try:
        return float(value)
    except OverflowError:
        _refuse("type", path, "is too large a number")


def _whole(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**9:
        _refuse("type", path, "is no whole number of ordinary size")
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value:
        _refuse("type", path, "is no text, or an empty one")
    return value


def _candidate(part: _Part) -> Candidate:
    return Candidate(
        code=part.text("code", required=True),
        value=part.number("value", None, required=True) or 0.0,
        cost=part.numbers("cost"),
        demand=part.profiles("demand"),
        starts=part.items("starts", _whole) if part.has("starts") else (1,),
        latest_start=part.whole("latest_start"),
        delay_factors=part.numbers("delay_factors"),
        duration=part.whole("duration"),
        mandatory=part.flag("mandatory"),
        running=part.flag("running"),
        stoppable=part.flag("stoppable"),
        stopping_cost=part.numbers("stopping_cost"),
        bucket=part.text("bucket"),
        exposure=part.number("exposure", 0.0) or 0.0,
        objectives=part.texts("objectives"),
    )


def _exclusion(part: _Part) -> Exclusion:
    return Exclusion(part.text("name", required=True), part.texts("members"))


def _prerequisite(part: _Part) -> Prerequisite:
    code, needs = part.text("code", required=True), part.text("needs", required=True)
    form = part.text("form") or PrerequisiteForm.SELECTED.value
    if form not in {known.value for known in PrerequisiteForm}:
        _refuse("type", part.at("form"), "is neither selected nor finished")
    return Prerequisite(code, needs, PrerequisiteForm(form))


def _bucket_limit(part: _Part) -> BucketLimit:
    return BucketLimit(
        part.text("bucket", required=True),
        part.number("at_least", None),
        part.number("at_most", None),
        part.flag("as_share"),
    )


def _synergy(part: _Part) -> Synergy:
    return Synergy(
        part.text("first", required=True),
        part.text("second", required=True),
        part.number("bonus", None, required=True) or 0.0,
    )
