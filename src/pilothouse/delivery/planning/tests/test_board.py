# SPDX-License-Identifier: Apache-2.0
"""The board of a plan: what each move does to the plan, what is refused, and the limits."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import (
    BoardLimit,
    PlanAssignment,
    PlanResource,
    ProjectPlan,
    Task,
)
from pilothouse.delivery.planning.queries import Narrow, board_page
from pilothouse.delivery.planning.services import CardMove, move_card, set_board_limit
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent

TODAY = date(2026, 3, 4)
"""The Wednesday of the first week: A is to run since Monday."""
QUAY, A, B, DONE, CRANE, C = range(1, 7)


@pytest.fixture
def plan(cast):
    """Workstreams Quay (A, then B, then a milestone) and Crane (C), two people."""
    actor = cast.piet.actor()
    services.begin_plan(actor=actor, project=cast.harbour, start=date(2026, 3, 2))
    for person in (cast.tess, cast.rosa):
        version = ProjectPlan.objects.get().version
        services.add_person(actor=actor, project=cast.harbour, person=person, version=version)
    rows = [
        {"name": "Quay", "duration": "5d", "level": 1},
        {"name": "A", "duration": "5d", "level": 2},
        {"name": "B", "duration": "5d", "level": 2},
        {"name": "Ready", "duration": "0d", "level": 2},
        {"name": "Crane", "duration": "5d", "level": 1},
        {"name": "C", "duration": "10d", "level": 2},
    ]
    edit(
        cast,
        {"do": "add", "after": None, "tasks": rows},
        {"do": "link", "predecessor": A, "successor": B},
        {"do": "link", "predecessor": B, "successor": DONE},
        {"do": "assign", "uid": A, "resource": 1, "units": "0.5"},
    )
    return cast


def edit(cast, *steps):
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


def move(cast, uid, source, target, by="state", *, today=TODAY, over=False, who=None):
    return move_card(
        actor=(who or cast.piet).actor(),
        project=cast.harbour,
        move=CardMove(uid, by, source, target, over),
        today=today,
    )


def columns(cast, by="state", today=TODAY, **narrow):
    page = board_page(cast.piet.actor(), cast.harbour.pk, today, field=by, narrow=Narrow(**narrow))
    return {column.key: [card.name for card in column.cards] for column in page.columns}


def task(uid):
    return Task.objects.get(uid=uid)


def digest():
    rows = [Task, PlanAssignment, ProjectPlan, BoardLimit, AuditEvent]
    return [list(model.objects.order_by("pk").values()) for model in rows]


def refused(cast, code, *args, **words):
    before = digest()
    with pytest.raises((Invalid, Conflict, NotFound)) as caught:
        move(cast, *args, **words)
    assert caught.value.code == code
    assert digest() == before
    return caught.value.message


# What lies where


def test_columns_of_the_state_hold_work_and_milestones_but_no_summaries(plan):
    edit(plan, {"do": "set", "uid": A, "field": "percent_complete", "value": "40"})

    assert columns(plan) == {
        "not_started": ["C", "B", "Ready"],
        "in_progress": ["A"],
        "late": [],
        "complete": [],
    }
    assert columns(plan, today=date(2026, 3, 9))["late"] == ["A"]


def test_a_task_of_two_people_lies_in_the_columns_of_both(plan):
    edit(plan, {"do": "assign", "uid": A, "resource": 2, "units": "1"})

    assert columns(plan, "person") == {"1": ["A"], "2": ["A"], "0": ["C", "B", "Ready"]}


def test_a_card_tells_what_keeps_it_from_beginning(plan):
    page = board_page(plan.piet.actor(), plan.harbour.pk, TODAY, field="state", narrow=Narrow())
    cards = {card.name: card for column in page.columns for card in column.cards}

    assert (cards["A"].waits, cards["B"].waits) == ((), ["A"])


def test_a_narrowed_board_still_counts_all_tasks_for_the_limit(plan):
    page = board_page(plan.piet.actor(), plan.harbour.pk, TODAY, field="state", narrow=Narrow("a"))
    column = page.columns[0]

    assert ([card.name for card in column.cards], column.count, column.held) == (
        ["A", "Ready"],
        2,
        4,
    )


# Moves of the state


def test_to_in_progress_a_task_begins_as_scheduled(plan):
    move(plan, A, "not_started", "in_progress")

    assert task(A).actual_start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert columns(plan)["in_progress"] == ["A"]


def test_a_task_that_should_begin_later_begins_today(plan):
    edit(plan, {"do": "unlink", "predecessor": A, "successor": B})
    edit(plan, {"do": "set", "uid": B, "field": "start", "value": "2026-03-23"})

    move(plan, B, "not_started", "in_progress")

    assert task(B).actual_start == datetime(2026, 3, 4, 8, tzinfo=UTC)


def test_with_a_status_date_a_task_begins_on_it_and_the_date_stays(plan):
    services.reschedule(
        actor=plan.piet.actor(),
        project=plan.harbour,
        status_date=services.evening_of(date(2026, 3, 3)),
        version=ProjectPlan.objects.get().version,
    )
    edit(plan, {"do": "set", "uid": C, "field": "start", "value": "2026-03-23"})

    move(plan, C, "not_started", "in_progress", today=date(2026, 3, 6))

    assert task(C).actual_start == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert ProjectPlan.objects.get().status_date.date() == date(2026, 3, 3)


def test_to_complete_a_task_ends_on_the_day_where_it_should_end_later(plan):
    outcome = move(plan, A, "not_started", "complete")

    done = task(A)
    assert (done.percent_complete, done.actual_finish) == (
        100,
        datetime(2026, 3, 4, 17, tzinfo=UTC),
    )
    assert task(B).start == datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert outcome.column == "Complete"
    assert "B" in [row.name for row in outcome.edit.moved]


def test_back_to_not_started_the_progress_is_taken_off_and_an_undo_brings_it_back(plan):
    move(plan, A, "not_started", "complete")

    move(plan, A, "complete", "not_started")
    assert (task(A).percent_complete, task(A).actual_start) == (0, None)

    services.undo_edit(actor=plan.piet.actor(), project=plan.harbour)
    assert task(A).percent_complete == 100


@pytest.mark.parametrize(
    ("uid", "first", "source", "target", "words"),
    [
        (A, None, "not_started", "late", "cannot be moved there"),
        (DONE, None, "not_started", "in_progress", "is a milestone"),
        (A, "100", "complete", "in_progress", "how much of it is left"),
        (A, None, "not_started", "not_started", "already"),
        (A, None, "not_started", "nowhere", "no such column"),
        (B, None, "not_started", "complete", "say on which day it really began"),
    ],
)
def test_a_column_that_cannot_be_reached_is_refused_with_the_reason(
    plan, uid, first, source, target, words
):
    if first:
        edit(plan, {"do": "set", "uid": uid, "field": "percent_complete", "value": first})
    code = "planning.start_needed" if uid == B else "planning.card"

    assert words in refused(plan, code, uid, source, target)


def test_a_late_task_is_not_made_punctual_by_moving_it(plan):
    later = date(2026, 3, 12)

    assert "has not begun" in refused(plan, "planning.card", A, "late", "not_started", today=later)
    edit(plan, {"do": "set", "uid": A, "field": "percent_complete", "value": "40"})
    assert "and late" in refused(plan, "planning.card", A, "late", "in_progress", today=later)


def test_a_card_that_somebody_moved_meanwhile_is_not_moved_again(plan):
    move(plan, A, "not_started", "in_progress")

    message = refused(plan, "planning.card_moved", A, "not_started", "complete")

    assert "‘A’ lies in ‘In progress’ now" in message


# Moves of other fields


def test_one_person_hands_a_task_over_to_another_with_the_same_share(plan):
    move(plan, A, "1", "2", "person")

    (given,) = PlanAssignment.objects.filter(task_uid=A)
    assert (given.resource_uid, str(given.units.normalize())) == (2, "0.5")

    move(plan, A, "2", "0", "person")
    assert not PlanAssignment.objects.filter(task_uid=A).exists()


def test_in_another_workstream_a_task_becomes_the_last_row_and_keeps_its_links(plan):
    move(plan, A, "1", "5", "stream")

    order = list(Task.objects.values_list("name", "outline_level"))
    assert order == [("Quay", 1), ("B", 2), ("Ready", 2), ("Crane", 1), ("C", 2), ("A", 2)]
    assert columns(plan, "stream") == {"1": ["B", "Ready"], "5": ["C", "A"], "0": []}
    assert task(B).start == datetime(2026, 3, 9, 8, tzinfo=UTC)


def test_the_other_fields_are_set_in_the_plan(plan):
    move(plan, A, "normal", "highest", "priority")
    move(plan, A, "fixed_units", "fixed_work", "work_type")
    move(plan, A, "computed", "by_hand", "mode")
    move(plan, A, "", "1", "calendar")

    found = task(A)
    assert (found.priority, found.work_type, found.manual, found.calendar_uid) == (
        900,
        "fixed_work",
        True,
        1,
    )


@pytest.mark.parametrize(
    ("by", "source", "target"), [("critical", "yes", "no"), ("stream", "1", "0")]
)
def test_what_is_computed_or_ambiguous_cannot_be_moved_to(plan, by, source, target):
    refused(plan, "planning.card", A, source, target, by)


# Limits


def limit(cast, most, column="in_progress", by="state", who=None):
    return set_board_limit(
        actor=(who or cast.piet).actor(), project=cast.harbour, field=by, column=column, most=most
    )


def test_a_full_column_takes_another_card_only_when_that_is_said(plan):
    limit(plan, 1)
    move(plan, A, "not_started", "in_progress")

    message = refused(plan, "planning.board_limit", C, "not_started", "in_progress")
    assert "holds 1 tasks and should hold at most 1" in message

    move(plan, C, "not_started", "in_progress", over=True)
    page = board_page(plan.piet.actor(), plan.harbour.pk, TODAY, field="state", narrow=Narrow())
    column = page.columns[1]
    assert (column.held, column.limit, column.over) == (2, 1, True)


def test_the_limit_of_a_person_stays_with_the_person_when_resources_are_numbered_anew(plan):
    limit(plan, 2, "1", "person")
    limit(plan, 5, "0", "person")
    PlanResource.objects.filter(uid=1).update(uid=7)
    PlanResource.objects.filter(uid=2).update(uid=1)

    def limits():
        page = board_page(
            plan.piet.actor(), plan.harbour.pk, TODAY, field="person", narrow=Narrow()
        )
        return {column.name: column.limit for column in page.columns}

    assert limits() == {"Rosa Example": None, "Tess Example": 2, "Nobody": 5}
    PlanResource.objects.update(user=None)
    limit(plan, 3, "1", "person")
    PlanResource.objects.filter(uid=1).update(user=plan.rosa)
    assert limits() == {"Rosa Example": 3, "Tess Example": None, "Nobody": 5}
    limit(plan, 4, "1", "person")
    assert limits()["Rosa Example"] == 4
    assert BoardLimit.objects.filter(field="person").count() == 3


def test_a_limit_is_changed_taken_off_and_audited(plan):
    limit(plan, 3)
    limit(plan, 4)
    limit(plan, 4)
    limit(plan, None)

    assert not BoardLimit.objects.exists()
    changes = AuditEvent.objects.filter(action="plan.board_limit").order_by("pk")
    assert [row.after for row in changes] == [
        {"state in_progress": 3},
        {"state in_progress": 4},
        {"state in_progress": None},
    ]


@pytest.mark.parametrize(
    ("most", "column", "by"),
    [(0, "late", "state"), (1000, "late", "state"), (1, "x", "state"), (1, "", "x")],
)
def test_a_limit_that_cannot_be_is_refused(plan, most, column, by):
    before = digest()

    with pytest.raises(Invalid):
        limit(plan, most, column, by)

    assert digest() == before


def test_who_only_reads_the_plan_moves_and_limits_nothing(plan):
    before = digest()

    with pytest.raises(NotAllowed):
        move(plan, A, "not_started", "in_progress", who=plan.tess)
    with pytest.raises(NotAllowed):
        limit(plan, 3, who=plan.tess)

    assert digest() == before


# Pages


def address(cast, page="board", *more):
    return reverse(f"planning:{page}", args=[cast.harbour.pk, *more])


def test_a_card_is_moved_by_a_form_without_scripts(client, plan):
    client.force_login(plan.piet)
    form = address(plan, "board-move", A) + "?by=priority&source=normal&back=by%3Dpriority%26q%3DA"

    page = client.get(form).content.decode()
    answer = client.post(form, {"target": "low"})

    assert "Low (200 to 399)" in page
    assert (answer.status_code, answer["Location"]) == (302, address(plan) + "?by=priority&q=A")
    assert task(A).priority == 300


def test_a_refusal_is_told_at_the_field(client, plan):
    client.force_login(plan.piet)
    form = address(plan, "board-move", DONE) + "?by=state"

    answer = client.post(form, {"target": "in_progress"})

    assert answer.status_code == 422
    assert "is a milestone" in answer.content.decode()


def test_readers_see_the_board_without_ways_to_move(client, plan):
    client.force_login(plan.tess)

    page = client.get(address(plan)).content.decode()

    assert "data-uid" in page
    assert 'draggable="true"' not in page
    assert "board-move" not in page
    assert "/board/move/" not in page
    assert "/board/limit/" not in page


def test_a_column_by_itself_is_shown_page_by_page(client, plan):
    rows = [{"name": f"Task {number}", "level": 2} for number in range(230)]
    edit(plan, {"do": "add", "after": C, "tasks": rows})
    client.force_login(plan.piet)

    whole = client.get(address(plan) + "?by=priority").content.decode()
    last = client.get(address(plan) + "?by=priority&column=normal&page=3").content.decode()

    assert whole.count("data-uid") == 25
    assert "209 more" in whole
    assert last.count("data-uid") == 34
    assert "Page 3 of 3" in last


def test_the_board_takes_a_fixed_number_of_queries(plan, django_assert_num_queries):
    actor = plan.piet.actor()

    with django_assert_num_queries(9):
        board_page(actor, plan.harbour.pk, TODAY, field="state", narrow=Narrow())


def test_nonsense_in_the_address_is_named(client, plan):
    client.force_login(plan.piet)

    answer = client.get(address(plan) + "?person=x&since=2026-13-01")

    assert answer.status_code == 422
