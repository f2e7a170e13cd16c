# SPDX-License-Identifier: Apache-2.0
"""Who does something: a person, a person's token, or the system itself. Never nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Actor:
    """``user_id`` is None only for the system. ``channel`` says by which door.

    ``on_behalf_of`` is in whose place the actor acts, where nothing of the own allows the act; the
    trail names both. It gives no right: what is allowed is asked of ``user_id`` alone.
    """

    user_id: int | None
    label: str
    channel: str = "web"
    is_system: bool = False
    is_system_admin: bool = False
    on_behalf_of: int | None = None

    @classmethod
    def system(cls, job: str) -> Actor:
        """The product acting for itself: a job, a loader, a migration of data."""
        return cls(None, f"system: {job}", "job", is_system=True)

    def for_others(self, people: Sequence[tuple[int, str]]) -> Actor:
        """The same actor in the place of these people (id, name); who is named already stays."""
        if not people or self.on_behalf_of is not None:
            return self
        names = " and ".join(name for _, name in people)
        return replace(self, label=f"{self.label} for {names}", on_behalf_of=people[0][0])
