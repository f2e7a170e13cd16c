# SPDX-License-Identifier: Apache-2.0
"""What is sealed of an audit event, and how a seal follows from the one before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any

FIELDS = (
    "id",
    "at",
    "actor_id",
    "actor_label",
    "on_behalf_of_id",
    "channel",
    "action",
    "object_type",
    "object_id",
    "object_label",
    "office_id",
    "before",
    "after",
    "reason",
)
"""Every column of an event, in the order in which they are sealed."""


ANY_TEXT = "surrogateescape"
"""How text that is not UTF-8 is read by a walk, and written: as no other text is."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: position and seal there, and which trail it is."""

    trail: str
    position: int
    seal: str

    def __str__(self) -> str:
        return f"{self.position}:{self.seal}"


def content_of(values: Sequence[Any]) -> str:
    """A digest of an event's ``FIELDS`` as the database gives them back."""
    row = list(values)
    row[1] = row[1].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def told_of_run(position: int, seal: str) -> bytes:
    """What the digest of a run of retention takes in of each event that it removed."""
    return f"{position}:{seal}\n".encode(errors=ANY_TEXT)


def seal_of(before: str, position: int, content: str) -> str:
    """The seal of a position; the first one follows from the name of the trail."""
    return sha256(f"{before}:{position}:{content}".encode(errors=ANY_TEXT)).hexdigest()
