# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the board of a plan."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import In
from pilothouse.faces.api.schemas_editing import Uid

BoardField = Literal[
    "state", "person", "stream", "priority", "critical", "calendar", "work_type", "mode"
]
Key = Annotated[str, Field(max_length=40)]


class BoardColumnOut(Schema):
    """A column: ``held`` tasks lie in it; ``refusal`` says why none can be moved there."""

    key: str
    name: str
    held: int
    limit: int | None
    refusal: str


class BoardOut(Schema):
    """The columns of a field, in their order."""

    plan_version: int
    by: str
    columns: list[BoardColumnOut]


class CardMoveIn(In):
    """A task and the column that it leaves for another one; ``over``: also beyond its limit."""

    uid: Uid
    by: BoardField = "state"
    source: Key
    target: Key
    over: bool = False


class BoardLimitIn(In):
    """The most tasks of a column; null: any number."""

    by: BoardField = "state"
    column: Key
    most: Annotated[int, Field(ge=1, le=999)] | None
