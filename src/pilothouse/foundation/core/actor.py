# SPDX-License-Identifier: Apache-2.0
"""Who does something: a person, a person's token, or the system itself. Never nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``user_id`` is None only for the system. ``channel`` says by which door."""

    user_id: int | None
    label: str
    channel: str = "web"
    is_system: bool = False
    is_system_admin: bool = False

    @classmethod
    def system(cls, job: str) -> Actor:
        """The product acting for itself: a job, a loader, a migration of data."""
        return cls(None, f"system: {job}", "job", is_system=True)
