# SPDX-License-Identifier: Apache-2.0
"""Departments of the United Kingdom through the years, and which took over from which."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Department:
    """``spellings`` are ways of writing the same department; ``line`` groups predecessors."""

    code: str
    name: str
    spellings: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


_D = Department
DEPARTMENTS = (
    _D("AGO", "Attorney General's Office"),
    _D(
        "BEIS",
        "Department for Business, Energy and Industrial Strategy",
        (),
        ("business", "energy"),
    ),
    _D("BIS", "Department for Business, Innovation and Skills", (), ("business", "education")),
    _D("CO", "Cabinet Office", ("CABINET OFFICE", "CAB OFFICE"), ("centre",)),
    _D("CPS", "Crown Prosecution Service", (), ("crown",)),
    _D("DBT", "Department for Business and Trade", (), ("business",)),
    _D("DCLG", "Department for Communities and Local Government", (), ("communities",)),
    _D(
        "DCMS",
        "Department for Culture, Media and Sport",
        (
            "DEPARTMENT FOR DIGITAL, CULTURE, MEDIA AND SPORT",
            "DEPARTMENT FOR DIGITAL, CULTURE, MEDIA & SPORT",
            "DEPARTMENT FOR CULTURE, MEDIA & SPORT",
        ),
        ("culture",),
    ),
    _D("DECC", "Department of Energy and Climate Change", (), ("energy",)),
    _D("DEFRA", "Department for Environment, Food and Rural Affairs", (), ("environment",)),
    _D("DESNZ", "Department for Energy Security and Net Zero", (), ("energy",)),
    _D("DEXEU", "Department for Exiting the European Union", (), ("exit",)),
    _D("DFE", "Department for Education", (), ("education",)),
    _D("DFID", "Department for International Development", (), ("foreign",)),
    _D("DFT", "Department for Transport", (), ("transport",)),
    _D("DH", "Department of Health", ("DOH",), ("health",)),
    _D("DHSC", "Department of Health and Social Care", (), ("health",)),
    _D("DIT", "Department for International Trade", (), ("business",)),
    _D(
        "DLUHC",
        "Department for Levelling Up, Housing and Communities",
        ("DEPARTMENT FOR LEVELLING UP, HOUSING & COMMUNITIES",),
        ("communities",),
    ),
    _D("DSIT", "Department for Science, Innovation and Technology", (), ("business", "culture")),
    _D("DWP", "Department for Work and Pensions", (), ("work",)),
    _D("FCDO", "Foreign, Commonwealth and Development Office", (), ("foreign",)),
    _D("FCO", "Foreign and Commonwealth Office", (), ("foreign",)),
    _D("GLD", "Government Legal Department"),
    _D("HMCTS", "HM Courts and Tribunals Service", (), ("justice",)),
    _D("HMLR", "HM Land Registry", ("LAND REGISTRY", "HMLR/BEIS"), ("business", "land")),
    _D("HMRC", "HM Revenue and Customs", (), ("revenue",)),
    _D("HMT", "HM Treasury", (), ("treasury",)),
    _D("HO", "Home Office", (), ("home",)),
    _D(
        "MHCLG",
        "Ministry of Housing, Communities and Local Government",
        (),
        ("communities",),
    ),
    _D("MOD", "Ministry of Defence", (), ("defence",)),
    _D("MOJ", "Ministry of Justice", (), ("justice",)),
    _D("NCA", "National Crime Agency", (), ("crime",)),
    _D("NSI", "National Savings and Investments", ("NS&I",), ("treasury",)),
    _D("ONS", "Office for National Statistics", ("UKSA",), ("statistics",)),
    _D("VOA", "Valuation Office Agency", (), ("revenue",)),
)
BY_CODE = {department.code: department for department in DEPARTMENTS}


def _key(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", " ", text.upper().replace("&", " AND ")).strip()


_INDEX: dict[str, str] = {}
for _department in DEPARTMENTS:
    for _spelling in (_department.code, _department.name, *_department.spellings):
        _INDEX[_key(_spelling)] = _department.code


def department_of(text: str) -> Department | None:
    """The department a cell names: by code or name in any spelling, or ``Name (CODE)``.

    A part of its budget (“DoH Non Capital”) names it too.
    """
    key = _key(text)
    if key in _INDEX:
        return BY_CODE[_INDEX[key]]
    bare = re.sub(r"\(.*?\)", " ", text)
    parts = (bare, *re.findall(r"\((.*?)\)", text), re.sub(r"(?i)\b(non[ -])?capital$", "", bare))
    for part in parts:
        if _key(part) in _INDEX:
            return BY_CODE[_INDEX[_key(part)]]
    return None


def unknown_department(text: str) -> Department:
    """A department that the table does not know, under the name it was published with."""
    code = re.sub(r"[^A-Z0-9]+", "", text.upper())
    if len(code) > 10:
        code = "".join(word[0] for word in _key(text).split())[:10]
    return Department(code or "NONE", text.strip() or "Department not stated")


def related(first: str, second: str) -> bool:
    """Whether a project may have passed from one department to the other by succession."""
    if first == second:
        return True
    one, other = BY_CODE.get(first), BY_CODE.get(second)
    return bool(one and other and set(one.lines) & set(other.lines))
