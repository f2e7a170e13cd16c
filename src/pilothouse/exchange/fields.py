# SPDX-License-Identifier: Apache-2.0
"""What a column of an imported table can mean, and guessing it from its header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.foundation.organisation.models import CustomField

CUSTOM = "custom."


class Kind(StrEnum):
    """How the cells of a field are read."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    YES_NO = "yes or no"
    CHOICE = "choice"
    PERSON = "person"
    CURRENCY = "currency"
    PLACE = "place"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Target:
    """A field of the register that a column may fill."""

    key: str
    label: str
    kind: Kind
    names: tuple[str, ...] = ()


TARGETS = (
    Target(
        "code",
        "Code",
        Kind.TEXT,
        ("id", "project id", "project code", "number", "project number", "reference", "ref", "key"),
    ),
    Target("name", "Name", Kind.TEXT, ("project", "project name", "title", "project title")),
    Target("portfolio", "Portfolio", Kind.PLACE, ("portfolio name", "portfolio code")),
    Target("programme", "Programme", Kind.PLACE, ("program", "programme name", "program name")),
    Target("purpose", "Purpose", Kind.TEXT, ("description", "aim", "aims", "objective", "scope")),
    Target("project_type", "Type", Kind.TEXT, ("project type", "category")),
    Target("size_class", "Size class", Kind.CHOICE, ("size",)),
    Target("classification", "Classification", Kind.CHOICE, ("confidentiality",)),
    Target("strategic_critical", "Strategically critical", Kind.YES_NO, ("critical", "strategic")),
    Target("state", "State", Kind.CHOICE, ("status", "project state", "life cycle state")),
    Target("sponsor", "Sponsor", Kind.PERSON, ("executive sponsor", "sro")),
    Target("pm", "Project manager", Kind.PERSON, ("manager", "owner", "pm", "project lead")),
    Target("functional_owner", "Functional owner", Kind.PERSON, ("business owner",)),
    Target("technology_owner", "Technology owner", Kind.PERSON, ("technical owner",)),
    Target("finance_contact", "Finance contact", Kind.PERSON, ("controller",)),
    Target("currency", "Currency", Kind.CURRENCY, ("ccy",)),
    Target("planned_start", "Planned start", Kind.DATE, ("start", "start date", "begin")),
    Target(
        "planned_finish",
        "Planned finish",
        Kind.DATE,
        (
            "finish",
            "forecast finish",
            "finish date",
            "end",
            "end date",
            "planned end",
            "due date",
        ),
    ),
    Target("baseline_start", "Approved start", Kind.DATE, ("baseline start",)),
    Target("baseline_finish", "Approved finish", Kind.DATE, ("baseline finish", "baseline end")),
    Target("budget", "Budget", Kind.MONEY, ("approved budget", "cost baseline", "bac")),
    Target(
        "forecast_cost",
        "Forecast cost",
        Kind.MONEY,
        ("forecast", "cost forecast", "estimate at completion", "eac"),
    ),
    Target("benefits_approved", "Approved benefits", Kind.MONEY, ("benefits", "benefit target")),
    Target("benefits_forecast", "Benefits forecast", Kind.MONEY, ("forecast benefits",)),
    Target("stated_colour", "Stated colour", Kind.CHOICE, ("stated", "rag", "colour", "health")),
    Target(
        "stated_comment", "Comment", Kind.TEXT, ("stated comment", "status comment", "comments")
    ),
)
BY_KEY = {target.key: target for target in TARGETS}


def targets_of(fields: Iterable[CustomField]) -> dict[str, Target]:
    """All fields an office can fill, its own ones last."""
    own = {
        CUSTOM + field.key: Target(CUSTOM + field.key, field.label, Kind.CUSTOM, (field.key,))
        for field in fields
    }
    return {**BY_KEY, **own}


def header_key(header: str) -> str:
    """A header without case, punctuation and remarks in brackets."""
    bare = re.sub(r"[(\[].*?[)\]]", " ", header)
    return " ".join(re.findall(r"\w+", bare.casefold().replace("_", " ")))[:120]


def guess(
    headers: list[str], targets: Mapping[str, Target], memory: Mapping[str, str]
) -> dict[int, str]:
    """Column → field: what the office chose before, else by name; each field once."""
    names: dict[str, str] = {}
    for target in reversed(list(targets.values())):
        for name in (target.key.removeprefix(CUSTOM), *target.names, target.label):
            names[header_key(name)] = target.key
    found: dict[int, str] = {}
    for remembered in (True, False):
        for column, header in enumerate(headers):
            key = header_key(header)
            if column in found or not key or (not remembered and key in memory):
                continue
            field = memory.get(key, "") if remembered else names.get(key, "")
            if field in targets and field not in found.values():
                found[column] = field
    return found


def header_line(rows: list[list[str]], targets: Mapping[str, Target]) -> int:
    """The line, from 1, among the first 20 whose cells name most fields."""
    scores = [len(guess(row, targets, {})) for row in rows[:20]]
    best = max(scores, default=0)
    return scores.index(best) + 1 if best else 1
