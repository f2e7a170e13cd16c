# SPDX-License-Identifier: Apache-2.0
"""The permission matrix as data: ``matrix.txt`` is the table, this reads it.

``matrix.txt`` is the table of the specification word for word; rows for what the specification
does not name stand in ``additions.txt``, with the same columns.

Letters: C create, R read, U update, S submit, A approve, L lock or publish, V void.
``*`` reaches the whole organisation, ``o`` only own records, neither the scope of the
assignment. Superscripts are notes that narrow a cell; ``NOTES`` says them in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Role(StrEnum):
    """DOMAIN 1.3."""

    DIR = "pmo_director"
    ANL = "pmo_analyst"
    PFM = "portfolio_manager"
    PGM = "programme_manager"
    PM = "project_manager"
    SPO = "sponsor"
    FOW = "functional_owner"
    TOW = "technology_owner"
    WSL = "workstream_lead"
    TEM = "team_member"
    RMG = "resource_manager"
    FIN = "finance"
    SCM = "steering_member"
    VIE = "viewer"
    AUD = "auditor"


ROLE_LABELS = {
    Role.DIR: "PMO director",
    Role.ANL: "PMO analyst",
    Role.PFM: "Portfolio manager",
    Role.PGM: "Programme manager",
    Role.PM: "Project manager",
    Role.SPO: "Sponsor",
    Role.FOW: "Functional owner",
    Role.TOW: "Technology owner",
    Role.WSL: "Workstream lead",
    Role.TEM: "Team member",
    Role.RMG: "Resource manager",
    Role.FIN: "Finance",
    Role.SCM: "Steering member",
    Role.VIE: "Viewer",
    Role.AUD: "Auditor",
}


def role_words(role: Role) -> str:
    """The name of a role inside a sentence: project manager, but PMO director."""
    label = ROLE_LABELS[role]
    return label if label[1].isupper() else label[0].lower() + label[1:]


class Reach(StrEnum):
    """How far a cell of the matrix goes."""

    SCOPE = "scope"
    OFFICE = "office"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Right:
    """One letter of one cell."""

    letter: str
    reach: Reach
    notes: tuple[int, ...]
    conditional: bool = False
    """In brackets in the table: given only where its note holds, never by the role alone."""


NOTES = {
    1: "Delivery roles (workstream lead, team member, viewer) of the own project.",
    2: "Confirms the project manager.",
    3: "Screening decision only.",
    4: "Approval means financial or capacity endorsement, not business approval.",
    5: "Not for projects the person manages.",
    6: "Where assigned as project support.",
    7: "Published versions only.",
    8: "Arbitrates conflicting requests.",
    9: "Sees cost totals, never individual rates.",
    10: "Only within the own authority limit.",
    11: "Proposes accruals.",
    12: "Cashable benefits.",
    13: "Workstream contribution.",
    14: "Responds to findings, requests waivers.",
}

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TOKEN = re.compile(r"^\(?([CRUSALV]+)([⁰¹²³⁴⁵⁶⁷⁸⁹]*)\)?([*o]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]*)$")


def parse_cell(text: str) -> frozenset[Right]:
    """Read one cell such as ``CRUV¹``, ``R*(U⁶)`` or ``CRUSo RA``."""
    rights: set[Right] = set()
    if text.strip() in {"–", "–⁹"}:
        return frozenset()
    # A bracket is a token of its own: R*(U⁶) grants R* and, only under note 6, U.
    for token in re.sub(r"\(", " (", text).split():
        found = _TOKEN.match(token)
        if found is None:
            raise ValueError(f"cell of the permission matrix not understood: {text!r}")
        letters, inner, suffix, outer = found.groups()
        notes = (inner + outer).translate(_SUPERSCRIPTS)
        reach = {"*": Reach.OFFICE, "o": Reach.OWN, "": Reach.SCOPE}[suffix]
        for letter in letters:
            rights.add(Right(letter, reach, (int(notes),) if notes else (), token.startswith("(")))
    return frozenset(rights)


def printed_matrix() -> list[tuple[str, list[str]]]:
    """The table as it is written: object, then one cell for each role."""
    return [(row[0], row[1:]) for row in _rows()[1:]]


def _rows() -> list[list[str]]:
    rows = _table("matrix.txt")
    head, *more = _table("additions.txt")
    assert head == rows[0], "both tables name the same roles in the same order"
    return rows + more


def _table(name: str) -> list[list[str]]:
    lines = files("pilothouse.foundation.access").joinpath(name).read_text("utf-8")
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in lines.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]


@cache
def matrix() -> dict[str, dict[Role, frozenset[Right]]]:
    """Object type → role → rights. Row heads such as ``risk, issue`` give two types."""
    rows = _rows()
    roles = [Role[code] for code in rows[0][1:]]
    table: dict[str, dict[Role, frozenset[Right]]] = {}
    for head, *cells in rows[1:]:
        rights = {role: parse_cell(cell) for role, cell in zip(roles, cells, strict=True)}
        for name in re.sub(r"\(.*?\)", "", head).split(","):
            table[name.strip()] = rights
    return table


PUBLISHED_ONLY = 7


@cache
def roles_with(
    object_type: str, letter: str, published: bool = False
) -> tuple[tuple[Role, Reach], ...]:
    """Which roles hold a letter on an object type, and how far, the widest reach first.

    Rights in brackets are left out: they hang on a note, not on the role. ``published`` says
    that the object is a published version, which opens it to note 7.
    """
    order = [Reach.OFFICE, Reach.SCOPE, Reach.OWN]
    found: list[tuple[Role, Reach]] = []
    for role, rights in matrix()[object_type].items():
        reaches = {
            right.reach
            for right in rights
            if right.letter == letter
            and not right.conditional
            and (published or PUBLISHED_ONLY not in right.notes)
        }
        found += [(role, reach) for reach in order if reach in reaches]
    return tuple(found)
