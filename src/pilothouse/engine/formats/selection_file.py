# SPDX-License-Identifier: Apache-2.0
"""Reads a model for selection from JSON (docs/reference/selection-file.md)."""

from __future__ import annotations

from typing import BinaryIO

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.json_walk import (
    Bounds,
    Misfit,
    choice,
    flag,
    listed,
    made,
    number,
    pairs,
    parsed,
    table,
    text,
    whole,
)
from pilothouse.engine.formats.remedies import with_remedy
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

_WHOLE = whole(-(10**9), 10**9)
_TEXT = text(least=1)
_NUMBERS, _TEXTS, _PROFILES = listed(number), listed(_TEXT), table(listed(number))
_CANDIDATE = made(
    Candidate,
    {"code": _TEXT, "value": number},
    {
        "cost": _NUMBERS,
        "demand": _PROFILES,
        "starts": listed(_WHOLE),
        "latest_start": _WHOLE,
        "delay_factors": _NUMBERS,
        "duration": _WHOLE,
        "mandatory": flag,
        "running": flag,
        "stoppable": flag,
        "stopping_cost": _NUMBERS,
        "bucket": _TEXT,
        "exposure": number,
        "objectives": _TEXTS,
    },
)
_BUCKET_LIMIT = made(
    BucketLimit, {"bucket": _TEXT}, {"at_least": number, "at_most": number, "as_share": flag}
)
_PREREQUISITE = made(
    Prerequisite, {"code": _TEXT, "needs": _TEXT}, {"form": choice(PrerequisiteForm)}
)
_MODEL = made(
    SelectionModel,
    {"candidates": listed(_CANDIDATE), "periods": _WHOLE},
    {
        "budget": _NUMBERS,
        "carry_over_pct": number,
        "capacity": _PROFILES,
        "delay_factors": _NUMBERS,
        "total_cost_cap": number,
        "exclusions": listed(made(Exclusion, {"name": _TEXT}, {"members": _TEXTS})),
        "prerequisites": listed(_PREREQUISITE),
        "bucket_limits": listed(_BUCKET_LIMIT),
        "synergies": listed(made(Synergy, {"first": _TEXT, "second": _TEXT, "bonus": number}, {})),
        "force_in": _TEXTS,
        "force_out": _TEXTS,
    },
)
_BESIDE = ("format", "version", "name")


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
    Unknown names are refused, so that a misspelt limit is not a limit that is missing. Null is as
    if the name were not there.
    """
    try:
        document = pairs(parsed(source.read(MOST_BYTES + 1), Bounds(MOST_BYTES)))
        if document.get("format") != KIND:
            raise FormatError(
                "selection.file_kind",
                f"format is not {KIND!r}; this is no selection file.",
                ("format",),
            )
        if document.get("version") != VERSION:
            raise FormatError(
                "selection.file_version",
                f"version is not {VERSION}, the only one that is read; write {VERSION}.",
                ("version",),
            )
        model = _MODEL({name: document[name] for name in document if name not in _BESIDE})
    except Misfit as misfit:
        raise _refused(misfit) from None
    check(model)
    return model


def _refused(misfit: Misfit) -> FormatError:
    path = misfit.path or "the document"
    says, places = with_remedy(misfit.kind, f"{path} {misfit.reason}."), (path,)
    match misfit.kind:
        case "size":
            return FormatError("selection.file_size", says, places)
        case "empty" | "encoding" | "json" | "duplicate" | "limit":
            return FormatError("selection.file_json", says, places)
        case "missing":
            return FormatError("selection.file_missing", says, places)
        case "unknown":
            return FormatError("selection.file_unknown", says, places)
    return FormatError("selection.file_type", says, places)
