# SPDX-License-Identifier: Apache-2.0
"""What goes in and comes out of the own notices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Id, In

Hour = Annotated[int, Field(strict=True, ge=0, le=23)]


class NoticeOut(Schema):
    """A notice as you may read it now; ``path`` is empty where it leads nowhere any more."""

    id: int
    at: datetime
    topic: str
    title: str
    text: str
    path: str
    due: date | None
    read_at: datetime | None
    mailed_at: datetime | None


class ReadNotices(In):
    """Which notices are read; all where none is named."""

    notice_ids: Annotated[list[Id], Field(max_length=500)] | None = None


class ReadNoticesOut(Schema):
    """How many were unread before."""

    notices: int


class TopicGroupOut(Schema):
    """What one way is chosen for."""

    key: str
    label: str
    hint: str
    way: str


class NoticeSettingsOut(Schema):
    """How you are told; hours are those of the office's clock, Monday is 0."""

    groups: list[TopicGroupOut]
    digest: str
    hour: int
    weekday: int
    quiet_from: int | None
    quiet_until: int | None


class NoticeSettingsPatch(In):
    """``ways``: group of topics → way."""

    ways: (
        Annotated[dict[str, Literal["at_once", "digest", "product"]], Field(max_length=50)] | None
    ) = None
    digest: Literal["none", "daily", "weekly"] | None = None
    hour: Hour | None = None
    weekday: Annotated[int, Field(strict=True, ge=0, le=6)] | None = None
    quiet_from: Hour | None = None
    quiet_until: Hour | None = None
