# SPDX-License-Identifier: Apache-2.0
"""What people can be told of: each app hands its topics down once, at the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.translation import gettext as _

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.notifications.models import Notice


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as one person may read it now; ``links`` (label, address) are for the mail."""

    title: str
    text: str = ""
    links: Sequence[tuple[str, str]] = ()


Render = Callable[[User, Sequence[Notice], bool], Mapping[int, Words]]
"""Notices of one person by id as they may be read now; the last says that they are mailed.

One that is left out says nothing any more: its object is out of the person's sight, or what it
told no longer holds.
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Topics that a person chooses one way for. Without ``render`` the words say nothing secret."""

    key: str
    label: str
    hint: str
    topics: frozenset[str]
    render: Render | None = field(default=None)


_groups: dict[str, Group] = {}
_by_topic: dict[str, Group] = {}


def install_topics(group: Group) -> None:
    """Add a group of topics; called once at the start, by the app that tells of them."""
    _groups[group.key] = group
    _by_topic.update(dict.fromkeys(group.topics, group))


def groups() -> list[Group]:
    """All groups, in the order in which they are shown."""
    return sorted(_groups.values(), key=lambda group: group.label)


def group_of(topic: str) -> Group:
    """The group of a topic. Raises: LookupError where no app knows it."""
    return _by_topic[topic]


def words_for(
    person: User, notices: Sequence[Notice], *, mailing: bool = False
) -> Mapping[int, Words]:
    """What a person may read of these notices now; each group is asked once."""
    asked: dict[str, list[Notice]] = {}
    found: dict[int, Words] = {}
    for notice in notices:
        group = _by_topic.get(notice.topic)
        if group is None:
            continue
        if group.render is None:
            found[notice.pk] = Words(notice.title, notice.text)
        else:
            asked.setdefault(group.key, []).append(notice)
    for key, rows in asked.items():
        render = _groups[key].render
        assert render is not None
        found.update(render(person, rows, mailing))
    return MappingProxyType(found)


def gone() -> Words:
    """What stands in the place of a notice that says nothing any more."""
    return Words(_("What this told of is no longer open to you, or no longer holds."))
