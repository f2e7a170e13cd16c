# SPDX-License-Identifier: Apache-2.0
"""Fields of what an entry says, of each kind, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.projects.models import Project, Workstream
from pilothouse.delivery.raid.models import (
    TAGS_LENGTH,
    TITLE_LENGTH,
    Decision,
    Entry,
    Issue,
    Kind,
    Risk,
)
from pilothouse.delivery.raid.queries.policies import policy_of
from pilothouse.foundation.core.pages import Field, Options, Section, as_text
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.core.plausible import LONG_TEXT
from pilothouse.foundation.organisation.queries import office_people

LARGEST_UID = 2_147_483_647
TASKS_AT_MOST = 50


def people(office_id: int) -> Options:
    """Active people of an office, and nobody."""
    rows = office_people(office_id).order_by("full_name", "pk")
    return [("", "–"), *((str(row.pk), row.full_name) for row in rows)]


def choices(pairs: Sequence[tuple[Any, Any]], *, empty: bool = False) -> Options:
    """The choices of a column in the language of the reader."""
    found = [(str(key), _(str(word))) for key, word in pairs]
    return [("", "–"), *found] if empty else found


def entry_sections(entry: Entry) -> list[Section]:
    """All fields of an entry of its kind."""
    kind = Kind(entry.kind)
    who = people(entry.office_id)
    head = [
        Field("title", _TITLES()[kind], required=True, wide=True),
        Field("description", _("Description"), "textarea", wide=True),
        Field("owner", _("Owner"), "select", kind is Kind.ACTION, options=who),
        Field("due", _DUES()[kind], "date", kind in (Kind.RISK, Kind.ACTION)),
        Field("tags", _("Tags"), hint=_("Set apart by commas.")),
    ]
    if isinstance(entry.place, Project):
        rows = Workstream.objects.filter(project=entry.place, voided=False).order_by("name")
        streams = [("", "–"), *((str(row.pk), row.name) for row in rows)]
        head.append(Field("workstream", _("Workstream"), "select", options=streams))
        tasks = _("IDs of tasks in the plan, set apart by commas.")
        head.append(Field("tasks", _("Tasks it is about"), hint=tasks))
    head.append(
        Field(
            "confidential",
            _("Confidential: others know its number alone"),
            "checkbox",
        )
    )
    return [Section("", head), *_OWN[kind](entry, who)]


def _risk(entry: Entry, who: Options) -> list[Section]:
    known = policy_of(entry.office_id).categories
    own = getattr(entry, "category", "")
    names = [*known, *([own] if own and own not in known else [])]
    strategies = choices(Risk.Strategy.choices, empty=True)
    return [
        Section(
            _("What it is about"),
            [
                Field("nature", _("Nature"), "select", True, options=choices(Risk.Nature.choices)),
                Field(
                    "category",
                    _("Category"),
                    "select",
                    options=[("", "–"), *((name, name) for name in names)],
                ),
                Field("cause", _("Cause"), "textarea", wide=True),
                Field("effect", _("Effect"), "textarea", wide=True),
                Field("near_from", _("Can happen from"), "date"),
                Field("near_until", _("Can happen until"), "date"),
            ],
        ),
        Section(
            _("Response"),
            [
                Field("strategy", _("Strategy"), "select", options=strategies),
                Field("actionee", _("Carries the response out"), "select", options=who),
                Field("trigger", _("Trigger: how one sees that it begins"), "textarea", wide=True),
                Field("fallback", _("Contingency plan"), "textarea", wide=True),
            ],
        ),
    ]


def _issue(entry: Entry, who: Options) -> list[Section]:
    severities = choices(Issue.Severity.choices)
    return [
        Section(
            _("How grave it is"),
            [
                Field("type", _("Type"), "select", True, options=choices(Issue.Type.choices)),
                Field("severity", _("Severity"), "select", True, options=severities),
                _priority(entry),
                Field("impact", _("Impact"), "textarea", wide=True),
            ],
        )
    ]


def _assumption(entry: Entry, who: Options) -> list[Section]:
    return [
        Section("", [Field("impact_if_false", _("Impact if it is false"), "textarea", wide=True)])
    ]


def _decision(entry: Entry, who: Options) -> list[Section]:
    rows = Decision.rows.filter(
        project=entry.project_id, programme=entry.programme_id, portfolio=entry.portfolio_id
    )
    others = [
        (str(row.pk), row.code if row.confidential else f"{row.code} {row.title}")
        for row in rows.exclude(pk=entry.pk)
    ]
    return [
        Section(
            "",
            [
                Field("options", _("Options"), "textarea", hint=_("One in a line."), wide=True),
                Field("reversible", _("It can be taken back"), "checkbox"),
                Field(
                    "supersedes",
                    _("Supersedes"),
                    "select",
                    options=[("", "–"), *others],
                ),
            ],
        )
    ]


def _action(entry: Entry, who: Options) -> list[Section]:
    number = {"inputmode": "decimal", "autocomplete": "off"}
    return [Section("", [_priority(entry), Field("cost", _("What it costs"), attrs=number)])]


def _priority(entry: Entry) -> Field:
    pairs = choices(Entry._meta.get_field("priority").choices or [])
    return Field("priority", _("Priority"), "select", True, options=pairs)


_OWN = {
    Kind.RISK: _risk,
    Kind.ISSUE: _issue,
    Kind.ASSUMPTION: _assumption,
    Kind.DECISION: _decision,
    Kind.ACTION: _action,
}


def _TITLES() -> Mapping[Kind, str]:
    return {
        Kind.RISK: _("Event"),
        Kind.ISSUE: _("Title"),
        Kind.ASSUMPTION: _("What is taken for true"),
        Kind.DECISION: _("Question"),
        Kind.ACTION: _("What is done"),
    }


def _DUES() -> Mapping[Kind, str]:
    return {
        Kind.RISK: _("Next review"),
        Kind.ISSUE: _("Due"),
        Kind.ASSUMPTION: _("Validate by"),
        Kind.DECISION: _("Decide by"),
        Kind.ACTION: _("Due"),
    }


def entry_initial(entry: Entry, names: Sequence[str]) -> dict[str, str]:
    """What an entry says, as its form holds it."""
    found: dict[str, str] = {}
    for name in names:
        if name == "options":
            found[name] = "\n".join(getattr(entry, name))
        elif name in ("owner", "actionee", "workstream", "supersedes"):
            found[name] = as_text(getattr(entry, f"{name}_id"))
        else:
            found[name] = as_text(getattr(entry, name))
    found["tasks"] = ", ".join(str(uid) for uid in entry.tasks.values_list("uid", flat=True))
    return found


def read_entry(reader: Reader, entry: Entry, names: Sequence[str]) -> dict[str, Any]:
    """The values of a form, by column."""
    return {name: _read(reader, entry, name) for name in names if _has(entry, name)}


def _has(entry: Entry, name: str) -> bool:
    return name != "workstream" or entry.project_id is not None


_CHOICES: Mapping[str, Sequence[str]] = {
    "nature": list(Risk.Nature.values),
    "strategy": ["", *Risk.Strategy.values],
    "type": list(Issue.Type.values),
}


def _read(reader: Reader, entry: Entry, name: str) -> Any:
    if name == "title":
        return reader.text(name, TITLE_LENGTH, required=True)
    if name == "tags":
        return reader.text(name, TAGS_LENGTH)
    if name == "category":
        return reader.text(name, TITLE_LENGTH)
    if name in ("owner", "actionee"):
        return reader.row(name, office_people(entry.office_id))
    if name == "workstream":
        return reader.row(name, Workstream.objects.filter(project=entry.project_id))
    if name == "supersedes":
        rows = Decision.rows.filter(
            project=entry.project_id, programme=entry.programme_id, portfolio=entry.portfolio_id
        )
        return reader.row(name, rows.exclude(pk=entry.pk))
    if name in ("due", "near_from", "near_until"):
        return reader.day(name)
    if name in ("confidential", "reversible"):
        return reader.flag(name)
    if name in ("priority", "severity"):
        return reader.whole(name, 1, 4)
    if name == "cost":
        return reader.decimal(name, high=LARGEST, places=2)
    if name == "options":
        lines = reader.text(name, LONG_TEXT).splitlines()
        return [line.strip() for line in lines if line.strip()]
    if name in _CHOICES:
        return reader.choice(name, _CHOICES[name], required="" not in _CHOICES[name])
    return reader.text(name, LONG_TEXT)


def read_tasks(reader: Reader, entry: Entry) -> list[int] | None:
    """The tasks that are named; None where an entry has no plan."""
    if entry.project_id is None:
        return None
    parts = reader.text("tasks", 1000).replace(",", " ").split()
    if len(parts) > TASKS_AT_MOST or any(
        not part.isdecimal() or len(part) > 10 or int(part) > LARGEST_UID for part in parts
    ):
        reader.wrong("tasks", _("IDs of at most 50 tasks, such as 12, 31."))
        return []
    return [int(part) for part in parts]
