# SPDX-License-Identifier: Apache-2.0
"""What you were told, and how you want to be told."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.faces.api.auth import user_of
from pilothouse.faces.api.endpoints.common import read
from pilothouse.faces.api.replies import Page, Paging, page
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_notices import (
    NoticeOut,
    NoticeSettingsOut,
    NoticeSettingsPatch,
    ReadNotices,
    ReadNoticesOut,
    TopicGroupOut,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.notifications import services
from pilothouse.foundation.notifications.queries import Shown, delivery_of, notices_of, shown_to
from pilothouse.foundation.notifications.rules import way_of
from pilothouse.foundation.notifications.topics import groups

router = Router(tags=["Notices"])


def _notice(row: Shown) -> NoticeOut:
    notice = row.notice
    return NoticeOut(
        id=notice.pk,
        at=notice.at,
        topic=notice.topic,
        title=row.words.title,
        text=row.words.text,
        path=notice.path if row.is_open else "",
        due=notice.due if row.is_open else None,
        read_at=notice.read_at,
        mailed_at=notice.mailed_at,
    )


@router.get("/notices", response=read(Page[NoticeOut]))
def list_notices(request: HttpRequest, paging: Query[Paging], unread: bool = False) -> HttpResponse:
    """What you were told, the newest first."""
    person = user_of(request)
    rows = notices_of(person, only_unread=unread)
    first = (paging.page - 1) * paging.limit
    shown = shown_to(person, list(rows[first : first + paging.limit]))
    return page(request, [_notice(row) for row in shown], rows.count(), paging)


@router.post("/notices/read", response=read(ReadNoticesOut))
def mark_notices_read(request: HttpRequest, payload: ReadNotices) -> ReadNoticesOut:
    """Say that some of your notices are read, or all."""
    done = services.mark_read(person=user_of(request), notices=payload.notice_ids)
    return ReadNoticesOut(notices=done)


def _settings(person: User) -> NoticeSettingsOut:
    row = delivery_of(person)
    return NoticeSettingsOut(
        groups=[
            TopicGroupOut(
                key=group.key, label=group.label, hint=group.hint, way=way_of(row, group.key)
            )
            for group in groups()
        ],
        digest=row.digest,
        hour=row.hour,
        weekday=row.weekday,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
    )


@router.get("/notices/preferences", response=read(NoticeSettingsOut))
def read_notice_preferences(request: HttpRequest) -> NoticeSettingsOut:
    """By which way you are told of what, when the digest comes, which hours are quiet."""
    return _settings(user_of(request))


@router.patch("/notices/preferences", response=read(NoticeSettingsOut))
def update_notice_preferences(
    request: HttpRequest, payload: NoticeSettingsPatch
) -> NoticeSettingsOut:
    """Choose how you are told; null in both quiet hours ends them."""
    person = user_of(request)
    now, sent = delivery_of(person), payload.model_dump(exclude_unset=True)
    services.choose_delivery(
        person=person,
        chosen=services.Chosen(
            ways=now.ways | (sent.get("ways") or {}),
            digest=sent.get("digest") or now.digest,
            hour=now.hour if sent.get("hour") is None else sent["hour"],
            weekday=now.weekday if sent.get("weekday") is None else sent["weekday"],
            quiet_from=sent.get("quiet_from", now.quiet_from),
            quiet_until=sent.get("quiet_until", now.quiet_until),
        ),
    )
    return _settings(person)
