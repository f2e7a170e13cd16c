# SPDX-License-Identifier: Apache-2.0
"""The board of a plan: its columns with their limits, and moving a task between them."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning.queries import Narrow, board_page
from pilothouse.delivery.planning.services import CardMove, move_card, set_board_limit
from pilothouse.delivery.projects.queries import get_project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import read
from pilothouse.faces.api.endpoints.editing import EDITED, edit_reply
from pilothouse.faces.api.replies import reply
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_board import (
    BoardColumnOut,
    BoardField,
    BoardLimitIn,
    BoardOut,
    CardMoveIn,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor

router = Router(tags=["Plans"])


@router.get("/projects/{int:project_id}/plan/board", response=read(BoardOut))
def read_plan_board(
    request: HttpRequest,
    project_id: int,
    by: Annotated[BoardField, Query(description="What the columns are.")] = "state",
) -> HttpResponse:
    """The columns of a field of the tasks: how many lie in each, and how many should at most."""
    return reply(_board(actor_of(request), project_id, by))


@router.put("/projects/{int:project_id}/plan/board/limit", response=read(BoardOut))
def limit_board_column(
    request: HttpRequest, project_id: int, payload: BoardLimitIn
) -> HttpResponse:
    """Say how many tasks a column should hold at most; a move beyond it must say so."""
    actor = actor_of(request)
    set_board_limit(
        actor=actor,
        project=get_project(actor, project_id),
        field=payload.by,
        column=payload.column,
        most=payload.most,
    )
    return reply(_board(actor, project_id, payload.by))


@router.post("/projects/{int:project_id}/plan/board/move", response=EDITED)
def move_on_board(request: HttpRequest, project_id: int, payload: CardMoveIn) -> HttpResponse:
    """Move a task to another column: an edit of the plan, which can be taken back."""
    actor = actor_of(request)
    asked = CardMove(payload.uid, payload.by, payload.source, payload.target, payload.over)
    done = move_card(
        actor=actor, project=get_project(actor, project_id), move=asked, today=clock.today()
    )
    return edit_reply(actor, done.edit, sheet=False)


def _board(actor: Actor, project_id: int, by: str) -> BoardOut:
    page = board_page(actor, project_id, clock.today(), field=by, narrow=Narrow())
    return BoardOut(
        plan_version=page.plan.plan_version,
        by=page.field,
        columns=[BoardColumnOut.model_validate(column) for column in page.columns],
    )
