# SPDX-License-Identifier: Apache-2.0
"""Dates of a plan as iCalendar, and links by which calendars ask for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Field, Query, Schema

from pilothouse.delivery.planning.models import PlanFeed
from pilothouse.delivery.planning.queries import open_project
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import end_feed, feeds_of, make_feed, plan_calendar
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import REFUSED, creates
from pilothouse.faces.api.replies import reply
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import In, ProblemOut
from pilothouse.foundation.core.pages import attachment

router = Router(tags=["Plans"])
_TYPE = "text/calendar; charset=utf-8"
Kind = Literal["milestones", "deadlines", "own"]


class FeedIn(In):
    """What the calendar holds; ``own`` are your own tasks."""

    kinds: list[Kind] = Field(min_length=1, max_length=3)


class FeedOut(Schema):
    id: int
    kinds: list[str]
    made_at: datetime
    expires_at: datetime


class NewFeedOut(FeedOut):
    """A link just made; ``address`` is told here and never again."""

    address: str


@router.get(
    "/projects/{int:project_id}/plan/calendar",
    response={200: bytes, REFUSED: ProblemOut},
    openapi_extra={"responses": {200: {"content": {"text/calendar": {}}}}},
)
def download_plan_calendar(
    request: HttpRequest,
    project_id: int,
    kinds: Annotated[
        str,
        Query(
            max_length=60, description="Of milestones, deadlines, own (your tasks); with commas."
        ),
    ] = "milestones,deadlines",
) -> HttpResponse:
    """Milestones, deadlines and your own tasks of a plan as an iCalendar file."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.READ)
    found = plan_calendar(actor=actor, project=project, kinds=kinds.split(","))
    return attachment(found.name, _TYPE, found.body)


@router.get(
    "/projects/{int:project_id}/plan/feeds", response={200: list[FeedOut], REFUSED: ProblemOut}
)
def list_plan_feeds(request: HttpRequest, project_id: int) -> list[FeedOut]:
    """Your own links to the calendar of a plan."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.READ)
    return [_out(row) for row in feeds_of(actor, project, timezone.now())]


@router.post("/projects/{int:project_id}/plan/feeds", response=creates(NewFeedOut))
def create_plan_feed(request: HttpRequest, project_id: int, payload: FeedIn) -> HttpResponse:
    """Make a link by which a calendar asks for dates without sign-in, for a year."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.READ)
    row, token = make_feed(actor=actor, project=project, kinds=payload.kinds)
    address = request.build_absolute_uri(reverse("planning:feed", args=[token]))
    return reply(NewFeedOut(**_out(row).model_dump(), address=address), status=201)


@router.post(
    "/projects/{int:project_id}/plan/feeds/{int:feed_id}/end",
    response={204: None, REFUSED: ProblemOut},
)
def end_plan_feed(request: HttpRequest, project_id: int, feed_id: int) -> HttpResponse:
    """End one of your links; whoever subscribed to it gets nothing more."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.READ)
    end_feed(actor=actor, project=project, feed_id=feed_id)
    return HttpResponse(status=204)


def _out(row: PlanFeed) -> FeedOut:
    return FeedOut(id=row.pk, kinds=list(row.kinds), made_at=row.made_at, expires_at=row.expires_at)
