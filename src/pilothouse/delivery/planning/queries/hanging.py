# SPDX-License-Identifier: Apache-2.0
"""What hangs on tasks of a plan elsewhere: apps above hand down how it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor

Hanging = Mapping[int, Sequence[str]]
"""Task → what hangs on it, each in words."""
TellsHanging = Callable[[Actor, Project, Collection[int]], Hanging]

_tellers: list[TellsHanging] = []


def install_hanging(tells: TellsHanging) -> None:
    """Also ask this reading; called once at the start, by each app that keeps tasks by number."""
    _tellers.append(tells)


def hanging_on(actor: Actor, project: Project, uids: Collection[int]) -> dict[int, list[str]]:
    """What the actor may know of that hangs on these tasks, without those on which nothing does."""
    found: dict[int, list[str]] = {}
    for tells in _tellers if uids else ():
        for uid, words in tells(actor, project, uids).items():
            found.setdefault(uid, []).extend(words)
    return found
