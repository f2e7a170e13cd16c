# SPDX-License-Identifier: Apache-2.0
"""Writing into a backlog, ordering it, and changing its items."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cast import SYSTEM, appoint
from pilothouse.delivery.agile.lines import read_line, read_lines
from pilothouse.delivery.agile.models import Backlog, BacklogItem, PointsMove
from pilothouse.delivery.agile.queries import burn_of
from pilothouse.delivery.agile.services import (
    add_items,
    backlog,
    begin_backlog,
    change_item,
    change_items,
    change_settings,
    move_item,
    move_on_board,
    take_table,
)
from pilothouse.delivery.agile.tests.team import MONDAY, SETTINGS
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent


def titles(team):
    return list(team.project.backlog_items.order_by("rank").values_list("title", flat=True))


def change(team, item, actor=None, **values):
    return change_item(
        actor=actor or team.piet, item=item, values=values, version=None, today=MONDAY
    )


def test_lines_say_type_and_points_and_bullets_fall_away():
    found = read_lines(
        "- bug: The light stays on (3)\n\n2. Show the quay (5 pts)\nepic: Lights\n[ ] task: Cables\n"
    )

    assert found.wrong == {}
    assert [(draft.kind, draft.title, draft.points) for draft in found.drafts] == [
        ("bug", "The light stays on", 3),
        ("story", "Show the quay", 5),
        ("epic", "Lights", None),
        ("task", "Cables", None),
    ]


def test_a_line_that_cannot_be_taken_is_named_with_its_reason():
    found = read_lines(f"Good\n(3)\nepic: Big (5)\nHuge (1000)\n{'x' * 201}")

    assert [draft.title for draft in found.drafts] == ["Good"]
    assert list(found.wrong) == [2, 3, 4, 5]
    assert "no title" in found.wrong[2]
    assert "points of its own" in found.wrong[3]
    assert "999 are the most" in found.wrong[4]
    assert "201 characters" in found.wrong[5]


def test_items_are_numbered_and_stand_in_the_order_in_which_they_were_written(team):
    one, two = team.write("One (3)\nTwo")
    (three,) = team.write("Three")

    assert [row.key for row in (one, two, three)] == ["HARB-1", "HARB-2", "HARB-3"]
    assert titles(team) == ["One", "Two", "Three"]
    event = AuditEvent.objects.filter(action="backlogitem.create").latest("pk")
    assert event.actor_label == "Piet Example"
    assert event.after["title"] == "Three"


def test_a_second_backlog_is_refused(team):
    with pytest.raises(Invalid, match="already"):
        begin_backlog(actor=team.piet, project=team.project, values=SETTINGS)

    assert Backlog.objects.count() == 1


def test_without_a_backlog_nothing_is_added(cast):
    with pytest.raises(NotFound) as caught:
        add_items(
            actor=cast.piet.actor(),
            project=cast.harbour,
            drafts=read_lines("One").drafts,
            today=MONDAY,
        )

    assert caught.value.code == "agile.backlog"


def test_items_move_before_after_to_the_top_and_to_the_end(team):
    a, b, c = team.write("A\nB\nC")

    move_item(actor=team.piet, item=c, before=b)
    assert titles(team) == ["A", "C", "B"]
    move_item(actor=team.piet, item=a, after=c)
    assert titles(team) == ["C", "A", "B"]
    move_item(actor=team.piet, item=b, to_top=True)
    assert titles(team) == ["B", "C", "A"]
    move_item(actor=team.piet, item=b)
    assert titles(team) == ["C", "A", "B"]
    event = AuditEvent.objects.filter(action="backlogitem.order").earliest("pk")
    assert event.after["moved"] == "before HARB-2"


def test_without_a_gap_all_are_renumbered_and_the_order_stays(team, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(backlog, "GAP", 1)
        a, _b, c = team.write("A\nB\nC")

    move_item(actor=team.piet, item=c, after=a)
    assert titles(team) == ["A", "C", "B"]


def test_an_item_of_another_backlog_is_no_place(team, cast):
    (mine,) = team.write("Mine")
    begin_backlog(actor=SYSTEM, project=cast.foreign, values=SETTINGS)
    (other,) = add_items(
        actor=SYSTEM,
        project=cast.foreign,
        drafts=read_lines("Other").drafts,
        today=MONDAY,
    )

    with pytest.raises(Invalid, match="different backlogs"):
        move_item(actor=team.piet, item=mine, before=other)


def test_an_epic_has_no_points_and_holds_items_of_its_own_backlog_alone(team):
    epic, story = team.write("epic: Lights\nShow (5)")

    change(team, story, epic=epic)
    with pytest.raises(Invalid, match="An epic has none"):
        change(team, epic, points=5)
    other, _ = team.write("Other (1)\nepic: Further")
    with pytest.raises(Invalid, match="no epic of this backlog"):
        change(team, other, epic=BacklogItem.objects.get(pk=story.pk))
    with pytest.raises(Invalid, match="an epic it stays"):
        change(team, BacklogItem.objects.get(pk=epic.pk), kind="story")
    fresh = change(team, BacklogItem.objects.get(pk=story.pk), kind="epic")

    assert (fresh.points, fresh.epic_id) == (None, None)
    assert burn_of(team.project, None, MONDAY)[-1].scope == 1


def test_done_and_opened_again_the_day_and_the_points_follow(team):
    (item,) = team.write("Show (5)")
    later = MONDAY + timedelta(days=3)

    done = team.done(item, later)
    assert done.done_on == later
    again = change_item(
        actor=team.piet, item=done, values={"state": "todo"}, version=None, today=later
    )

    assert again.done_on is None
    assert [(day.day, day.scope, day.done) for day in burn_of(team.project, None, later)] == [
        (MONDAY, 5, 0),
        (later, 5, 0),
    ]
    assert PointsMove.objects.count() == 3


def test_dropped_items_leave_their_sprint_and_the_scope(team):
    (item,) = team.write("Show (5)")
    team.sprint(0, item)

    dropped = change(team, BacklogItem.objects.get(pk=item.pk), state="dropped")

    assert dropped.sprint_id is None
    assert burn_of(team.project, None, MONDAY)[-1].scope == 0


def test_many_items_are_changed_all_or_none(team):
    rows = team.write("A (1)\nB (2)\nepic: C")
    ids = [row.pk for row in rows]

    with pytest.raises(Invalid):
        change_items(
            actor=team.piet, project=team.project, ids=ids, values={"points": 8}, today=MONDAY
        )

    assert set(team.project.backlog_items.values_list("points", flat=True)) == {1, 2, None}
    change_items(
        actor=team.piet, project=team.project, ids=ids[:2], values={"points": 8}, today=MONDAY
    )
    assert burn_of(team.project, None, MONDAY)[-1].scope == 16


def test_an_item_of_another_project_is_not_among_those_changed(team, cast):
    begin_backlog(actor=SYSTEM, project=cast.foreign, values=SETTINGS)
    (other,) = add_items(
        actor=SYSTEM,
        project=cast.foreign,
        drafts=read_lines("Other").drafts,
        today=MONDAY,
    )

    with pytest.raises(NotFound):
        change_items(
            actor=team.piet,
            project=team.project,
            ids=[other.pk],
            values={"points": 8},
            today=MONDAY,
        )

    other.refresh_from_db()
    assert other.points is None


def test_a_stale_change_is_refused_and_says_who_changed_what(team):
    (item,) = team.write("Show (5)")
    change(team, item, title="Show it all")

    with pytest.raises(Conflict, match=r"Piet Example.*title"):
        change_item(
            actor=team.piet, item=item, values={"title": "Show none"}, version=1, today=MONDAY
        )

    assert titles(team) == ["Show it all"]


def test_a_team_member_changes_own_items_and_neither_others_nor_the_plan(team):
    mine, others = team.write("Mine (1)\nOthers (2)")
    change(team, mine, owner=team.cast.tess)
    sprint = team.sprint(0, others)

    mine = change(team, BacklogItem.objects.get(pk=mine.pk), actor=team.tess, title="All mine")
    assert mine.title == "All mine"
    with pytest.raises(NotAllowed, match="not yours"):
        change(team, others, actor=team.tess, title="Stolen")
    with pytest.raises(NotAllowed, match="order the backlog"):
        change(team, mine, actor=team.tess, sprint=sprint)
    with pytest.raises(NotAllowed, match="order the backlog"):
        move_item(actor=team.tess, item=mine, to_top=True)
    with pytest.raises(NotAllowed, match="add items"):
        add_items(
            actor=team.tess, project=team.project, drafts=read_lines("New").drafts, today=MONDAY
        )


def test_who_moves_an_item_that_is_nobodys_takes_it(team):
    (item,) = team.write("Free (1)")

    moved = move_on_board(
        actor=team.tess, item=item, state="in_progress", version=None, today=MONDAY
    )

    assert (moved.owner, moved.state) == (team.cast.tess, "in_progress")
    for who in ("rosa", "femi", "sam", "otto"):
        with pytest.raises(NotAllowed):
            move_on_board(
                actor=team.cast.people[who].actor(),
                item=moved,
                state="done",
                version=None,
                today=MONDAY,
            )


def test_the_functional_owner_orders_as_product_owner(team, cast):
    a, _ = team.write("A\nB")
    here = cast.office.pk, project_scopes(cast.harbour)
    appoint(cast.rosa, Role.FOW, ("project", cast.harbour.pk), *here)

    move_item(actor=cast.rosa.actor(), item=a)

    assert titles(team) == ["B", "A"]


def test_a_full_column_takes_no_more(team):
    one, two = team.write("One (1)\nTwo (1)")
    team.sprint(0, one, two)
    change_settings(
        actor=team.piet, backlog=team.backlog, values={"limit_in_progress": 1}, version=None
    )
    move_on_board(actor=team.piet, item=one, state="in_progress", version=None, today=MONDAY)

    with pytest.raises(Invalid, match="takes 1, and 1 are in it"):
        move_on_board(actor=team.piet, item=two, state="in_progress", version=None, today=MONDAY)
    with pytest.raises(Invalid, match="no state"):
        move_on_board(actor=team.piet, item=two, state="lost", version=None, today=MONDAY)

    two.refresh_from_db()
    assert two.state == "todo"


def test_the_backlog_of_a_closed_project_no_longer_changes(team):
    (item,) = team.write("One (1)")
    Project.objects.filter(pk=team.project.pk).update(state="closed")
    item = BacklogItem.objects.select_related("project").get(pk=item.pk)

    with pytest.raises(Invalid, match="no longer changes"):
        change(team, item, title="Late")


def test_the_points_say_how_far_an_agile_project_is_and_not_a_hybrid_one(team):
    one, _ = team.write("One (3)\nTwo (5)")
    team.done(one, MONDAY)
    snapshot = PerformanceSnapshot.objects.get(project=team.project, valid_to=None)

    assert snapshot.percent_complete == 37.5

    change_settings(
        actor=team.piet, backlog=team.backlog, values={"method": "hybrid"}, version=None
    )
    snapshot.refresh_from_db()
    assert snapshot.percent_complete is None


def table(team, *rows):
    header, *lines = [line.split(";") for line in rows]
    cells = {
        number: dict(zip(header, line, strict=True)) for number, line in enumerate(lines, start=2)
    }
    return take_table(actor=team.piet, project=team.project, lines=cells, today=MONDAY)


def test_a_table_changes_what_it_knows_and_adds_the_rest(team):
    epic, story = team.write("epic: Lights\nShow (5)")

    taken = table(
        team,
        "key;title;type;points;state;owner;epic",
        f"{story.key};Show it;bug;8;In progress;Tess Example;Lights",
        f"{epic.key};Lights;Epic;;;;",
        ";New one;;3;;;HARB-1",
    )

    assert (taken.added, taken.changed, taken.same) == (1, 1, 1)
    story.refresh_from_db()
    assert (story.title, story.kind, story.points, story.state) == (
        "Show it",
        "bug",
        8,
        "in_progress",
    )
    assert (story.owner, story.epic) == (team.cast.tess, epic)
    assert BacklogItem.objects.get(title="New one").epic == epic
    assert table(team, "key;title", f"{story.key};Show it").same == 1


def test_a_table_with_a_row_that_cannot_be_taken_changes_nothing(team):
    (story,) = team.write("Show (5)")

    with pytest.raises(Invalid) as caught:
        table(
            team,
            "key;title;type;points;state;owner;sprint",
            f"{story.key};Show it;story;8;;;",
            "HARB-99;Lost;story;1;;;",
            ";;story;1;;;",
            ";A;saga;1;;;",
            ";B;story;1.505;;;",
            ";C;story;1;later;;",
            ";D;story;1;;Nobody Known;",
            ";E;story;1;;;Sprint 9",
        )

    for text in (
        "Row 3: there is no item HARB-99",
        "Row 4: It has no title",
        "Row 5: ‘saga’ is no type",
        "Row 6: ‘1.505’ as its points",
        "Row 7: ‘later’ is no state",
        "Row 8: nothing here bears the name ‘Nobody Known’",
        "Row 9: nothing here bears the name ‘Sprint 9’",
    ):
        assert text in caught.value.message
    story.refresh_from_db()
    assert story.title == "Show"
    assert BacklogItem.objects.count() == 1


def test_points_may_be_fractions_and_add_up_exactly(team):
    half, tenth, _third = team.write("Show (0.5)\nTell (0.1)\nSing (0.2)")

    assert [item.points for item in (half, tenth)] == [Decimal("0.5"), Decimal("0.1")]
    assert burn_of(team.project, None, MONDAY)[-1].scope == Decimal("0.8")
    table(team, "key;title;points", f"{half.key};Show;2.25")
    assert burn_of(team.project, None, MONDAY)[-1].scope == Decimal("2.55")
    assert read_line("Show (0.505)") == (
        "0.505 points have more than two decimals; write them as 0.5 or 2.25."
    )


def test_the_ledger_knows_of_no_day_but_the_one_it_was_told(team):
    (item,) = team.write("Show (5)", day=date(2026, 2, 1))
    change_item(
        actor=team.piet, item=item, values={"points": 8}, version=None, today=date(2026, 2, 9)
    )

    assert [(day.day, day.scope) for day in burn_of(team.project, None, MONDAY)] == [
        (date(2026, 2, 1), 5),
        (date(2026, 2, 9), 8),
    ]
    assert len(burn_of(team.project, None, date(2026, 2, 8))) == 1
