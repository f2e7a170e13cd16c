# SPDX-License-Identifier: Apache-2.0
"""Recognising a project through the years, with a written reason for every match.

Published numbers decide; then names within a department and its successors; then former names;
then similarity with a high threshold, a unique best and dates or costs that agree. What stays
doubtful is not matched but listed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum

from pilothouse.exchange.gmpp.departments import related
from pilothouse.exchange.gmpp.reading import Published


class Method(StrEnum):
    """How a row was recognised, from certain to careful."""

    NEW = "new"
    NUMBER = "number"
    NAME = "name"
    NAME_SUCCESSOR = "name, successor department"
    NAME_ELSEWHERE = "name, other department"
    FORMER_NAME = "former name"
    CORE_NAME = "name without abbreviations"
    SIMILAR = "similar name"


@dataclass(slots=True)
class Identity:
    """A project as known from the reports so far."""

    key: int
    numbers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    titles: list[str] = field(default_factory=list)
    departments: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    starts: set[date] = field(default_factory=set)
    ends: set[date] = field(default_factory=set)
    costs: set[Decimal] = field(default_factory=set)
    years: set[int] = field(default_factory=set)

    def learn(self, row: Published) -> None:
        """Add what one more report says."""
        if row.number:
            self.numbers.add(number_key(row.number))
        self.names.add(name_key(row.name))
        if row.name not in self.titles:
            self.titles.append(row.name)
        self.departments.add(row.department.code)
        self.years.add(row.year)
        if row.category:
            self.categories.add(row.category)
        if row.start:
            self.starts.add(row.start)
        if row.end:
            self.ends.add(row.end)
        if row.wlc:
            self.costs.add(row.wlc)

    def related_to(self, department: str) -> bool:
        """Whether the department or one it succeeded had this project."""
        return any(related(own, department) for own in self.departments)


@dataclass(frozen=True, slots=True)
class Match:
    """One row of a report with the project it belongs to; None if it is a new one."""

    row: Published
    identity: Identity | None
    method: Method
    evidence: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Two names that look alike and were not held to be one project."""

    row: Published
    title: str
    reason: str


def number_key(number: str) -> str:
    """A project number without case and punctuation."""
    return re.sub(r"[^A-Z0-9]", "", number.upper())


def name_key(name: str) -> str:
    """A name without case and punctuation."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", name.casefold().replace("&", " and "))
    return " ".join(re.findall(r"[a-z0-9]+", text.replace("'", "").replace("’", "")))


FORMER = re.compile(
    r"[(\[-]?\s*\b(?:formerly|formally|previously|f/?k/?a|aka|also known as|was|now)\b\s*"
    r"(?:known as|called|the|part of)?\s*(?P<name>[^)\]]+)",
    re.I,
)
FILLERS = frozenset(
    ("programme", "program", "project", "projects", "the", "of", "for", "and", "a", "an", "to")
)
ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8"}


def former_names(name: str) -> list[str]:
    """Other names that a title gives for the same project; a part of another is none."""
    return [
        match["name"].strip()
        for match in FORMER.finditer(name)
        if "part of" not in match[0].casefold()
    ]


def core(name: str) -> str:
    """A name without what stands in brackets, filling words and its own abbreviation."""
    bare = re.sub(r"\(.*?(\)|$)|\[.*?\]", " ", name)
    bare = re.sub(r"(\d+)k\b", r"\g<1>000", bare, flags=re.I)
    words = [ROMAN.get(word, word) for word in name_key(bare).split()]
    kept = [word for word in words if word not in FILLERS]
    initials = "".join(word[0] for word in words[:-1])
    if len(kept) > 2 and len(kept[-1]) > 1 and initials.endswith(kept[-1]):
        kept.pop()
    return " ".join(kept or words)


def numbers_in(text: str) -> tuple[str, ...]:
    """Phases, tiers and generations: they part projects whose names are else alike."""
    return tuple(re.findall(r"\d+", core(text)))


class Matcher:
    """Matches the rows of one report, pass by pass; each project is given away once."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self.free = {identity.key: identity for identity in identities}
        self.matches: dict[int, Match] = {}
        self.near: list[NearMiss] = []

    def run(self, rows: list[Published]) -> list[Match]:
        """A match for every row, in the order of the rows."""
        self._exact(rows, Method.NUMBER, _by_number, lambda row, identity: True)
        for method, allowed in (
            (Method.NAME, lambda row, identity: row.department.code in identity.departments),
            (
                Method.NAME_SUCCESSOR,
                lambda row, identity: identity.related_to(row.department.code),
            ),
            (Method.NAME_ELSEWHERE, _corroborated),
        ):
            self._exact(rows, method, _by_name, allowed)
        self._exact(rows, Method.CORE_NAME, _by_core, _same_line)
        self._exact(rows, Method.FORMER_NAME, _by_former, _same_line)
        self._similar(rows)
        return [
            self.matches.get(index)
            or Match(row, None, Method.NEW, f"first published in the report of {row.year}")
            for index, row in enumerate(rows)
        ]

    def _take(
        self, index: int, row: Published, identity: Identity, method: Method, why: str
    ) -> None:
        self.matches[index] = Match(row, identity, method, why)
        del self.free[identity.key]

    def _exact(
        self,
        rows: list[Published],
        method: Method,
        keys: Callable[[Published | Identity], set[str]],
        allowed: Callable[[Published, Identity], bool],
    ) -> None:
        index_of: dict[str, list[Identity]] = defaultdict(list)
        for identity in self.free.values():
            for key in keys(identity):
                index_of[key].append(identity)
        claims: dict[int, list[int]] = defaultdict(list)
        found: dict[int, Identity] = {}
        for index, row in enumerate(rows):
            if index in self.matches:
                continue
            candidates = {
                identity.key: identity
                for key in keys(row)
                for identity in index_of.get(key, ())
                if allowed(row, identity)
            }
            if len(candidates) == 1:
                (found[index],) = candidates.values()
                claims[found[index].key].append(index)
            elif candidates:
                titles = "; ".join(identity.titles[-1] for identity in candidates.values())
                self.near.append(NearMiss(row, titles, f"several projects fit by {method}"))
        for indexes in claims.values():
            identity = found[indexes[0]]
            if len(indexes) > 1:
                named = [i for i in indexes if name_key(rows[i].name) in identity.names]
                for other in indexes:
                    if [other] != named:
                        why = f"several rows fit by {method}"
                        self.near.append(NearMiss(rows[other], identity.titles[-1], why))
                indexes = named if len(named) == 1 else []
            for index in indexes:
                why = _why(rows[index], identity, method)
                self._take(index, rows[index], identity, method, why)

    def _similar(self, rows: list[Published]) -> None:
        pairs: list[tuple[float, int, int]] = []
        for index, row in enumerate(rows):
            if index in self.matches:
                continue
            for identity in self.free.values():
                if identity.related_to(row.department.code):
                    ratio = max(_ratio(core(row.name), core(title)) for title in identity.titles)
                    if ratio >= 0.6 or _same_start(row, identity):
                        pairs.append((ratio, index, identity.key))
        judged = [
            (ratio, index, key, _verdict(ratio, rows[index], self.free[key]))
            for ratio, index, key in pairs
        ]
        good = sorted(
            (pair for pair in judged if pair[3]), key=lambda pair: (-pair[0], pair[1], pair[2])
        )
        for ratio, index, key, why in good:
            if index in self.matches or key not in self.free:
                continue
            rivals = [
                pair
                for pair in good
                if (pair[1] == index) != (pair[2] == key)
                and pair[1] not in self.matches
                and pair[2] in self.free
                and pair[0] > ratio - 0.05
            ]
            if rivals:
                title = self.free[key].titles[-1]
                self.near.append(NearMiss(rows[index], title, f"{why}, but another fits as well"))
                continue
            self._take(index, rows[index], self.free[key], Method.SIMILAR, why)
        for ratio, index, key, why in judged:
            if not why and ratio >= 0.72 and index not in self.matches and key in self.free:
                self.near.append(
                    NearMiss(
                        rows[index],
                        self.free[key].titles[-1],
                        f"names {ratio:.0%} alike, {_agreement(rows[index], self.free[key])}",
                    )
                )


def _by_number(item: Published | Identity) -> set[str]:
    if isinstance(item, Identity):
        return item.numbers
    return {number_key(item.number)} if item.number else set()


def _by_name(item: Published | Identity) -> set[str]:
    return item.names if isinstance(item, Identity) else {name_key(item.name)}


def _titles(item: Published | Identity) -> list[str]:
    return item.titles if isinstance(item, Identity) else [item.name]


def _by_former(item: Published | Identity) -> set[str]:
    keys: set[str] = set()
    for title in _titles(item):
        for name in (title, re.sub(r"\(.*", "", title), *former_names(title)):
            if len(key := core(name)) > 3:
                keys.add(key)
    return keys


def _by_core(item: Published | Identity) -> set[str]:
    return {core(title) for title in _titles(item)}


def _same_line(row: Published, identity: Identity) -> bool:
    return identity.related_to(row.department.code)


def _corroborated(row: Published, identity: Identity) -> bool:
    return _same_start(row, identity) or bool(row.end and row.end in identity.ends)


def _same_start(row: Published, identity: Identity) -> bool:
    return bool(row.start and row.start in identity.starts)


def _same_cost(row: Published, identity: Identity) -> bool:
    return bool(row.wlc) and any(
        abs(row.wlc - cost) <= abs(cost) / 100 for cost in identity.costs if row.wlc is not None
    )


def _agreement(row: Published, identity: Identity) -> str:
    parts = [
        word
        for word, same in (
            ("start", _same_start(row, identity)),
            ("end", bool(row.end and row.end in identity.ends)),
            ("whole-life cost", _same_cost(row, identity)),
            ("category", row.category in identity.categories and bool(row.category)),
        )
        if same
    ]
    return "same " + ", ".join(parts) if parts else "neither dates nor cost agree"


def _ratio(first: str, second: str) -> float:
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= 0.4 else 0.0


def _verdict(ratio: float, row: Published, identity: Identity) -> str:
    """The reason to hold two for one, or nothing."""
    start = _same_start(row, identity)
    second = bool(row.end and row.end in identity.ends) or _same_cost(row, identity)
    own = set(core(row.name).split())
    same_numbers = any(numbers_in(row.name) == numbers_in(title) for title in identity.titles)
    part = any(
        min(len(own), len(words)) >= 2 and (own <= words or words <= own)
        for title in identity.titles
        if (words := set(core(title).split()))
    )
    fits = (
        (same_numbers and ratio >= 0.90)
        or (same_numbers and start and (ratio >= 0.80 or part))
        or (start and second and ratio >= 0.60)
    )
    if row.number and identity.numbers and not start:
        fits = fits and ratio >= 0.95
    return f"names {ratio:.0%} alike, {_agreement(row, identity)}" if fits else ""


def _why(row: Published, identity: Identity, method: Method) -> str:
    if method is Method.NUMBER:
        text = f"number {row.number}"
        if name_key(row.name) not in identity.names:
            text += f"; name changed from “{identity.titles[-1]}”"
        return text
    text = f"“{identity.titles[-1]}”, {_agreement(row, identity)}"
    if row.number and identity.numbers and number_key(row.number) not in identity.numbers:
        text += f"; the published number changed to {row.number}"
    return text
