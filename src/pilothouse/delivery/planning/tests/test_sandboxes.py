# SPDX-License-Identifier: Apache-2.0
"""A sandbox is a copy of the plan aside: nobody meets it but who looks for it (R-BAS-03)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.models import PlanEdit, PlanResource, ProjectPlan, Task
from pilothouse.delivery.planning.services import AdoptionSide as Side
from pilothouse.delivery.planning.tests.test_editing import begin, bring, edit, put, tess
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent

__all__ = ["tess"]


def make(cast, name="Second crane", by=None):
    return services.make_sandbox(
        actor=(by or cast.piet).actor(), project=cast.harbour, name=name, purpose="Gain two weeks"
    )


def try_on(cast, sandbox, *steps, by=None):
    return services.edit_plan(
        actor=(by or cast.piet).actor(), project=cast.harbour, steps=steps, sandbox=sandbox
    )


def seen(cast, sandbox):
    live = ProjectPlan.objects.get(project=cast.harbour)
    return live.plan_version, ProjectPlan.objects.get(sandbox=sandbox).plan_version


def adopt(cast, sandbox, decisions=None, at=None, reason="The board agreed"):
    return services.adopt_sandbox(
        actor=cast.piet.actor(),
        project=cast.harbour,
        sandbox=sandbox,
        reason=reason,
        seen=at or seen(cast, sandbox),
        decisions=decisions or {},
    )


def named(plan_of):
    return dict(Task.objects.filter(**plan_of).values_list("name", "duration_minutes"))


def live_tasks(cast):
    return named({"plan__project": cast.harbour})


@pytest.fixture
def three(cast):
    """Dig 2 d, pour 3 d, cure 4 d one after the other, and a sandbox of it."""
    begin(cast, ("Dig", "2d"), ("Pour", "3d"), ("Cure", "4d"))
    edit(cast, put(2, "predecessors", "1"), put(3, "predecessors", "2"))
    return make(cast)


def test_a_sandbox_is_the_plan_to_the_last_cell(cast):
    bring(cast)

    sandbox = make(cast)

    live = ProjectPlan.objects.get(project=cast.harbour)
    aside = ProjectPlan.objects.get(sandbox=sandbox)
    kept = [f.attname for f in Task._meta.concrete_fields if f.name not in ("id", "plan")]
    rows = [list(plan.task_set.values_list(*kept)) for plan in (live, aside)]
    assert rows[0] == rows[1]
    assert live.links.count() == aside.links.count() > 0
    assert aside.home == cast.harbour
    assert not PlanResource.objects.filter(plan=aside, user__isnull=False).exists()
    assert AuditEvent.objects.get(action="sandbox.create").after["name"] == "Second crane"


def test_edits_of_a_sandbox_leave_the_plan_and_its_figures_alone(cast, three):
    before = ProjectPlan.objects.get(project=cast.harbour)
    snapshots = PerformanceSnapshot.objects.count()

    outcome = try_on(cast, three, put(2, "duration", "1d"))

    assert outcome.finish_before == date(2026, 3, 12)
    assert outcome.finish_after == date(2026, 3, 10)
    live = ProjectPlan.objects.get(project=cast.harbour)
    assert (live.finish, live.plan_version) == (before.finish, before.plan_version)
    assert PerformanceSnapshot.objects.count() == snapshots
    assert live_tasks(cast)["Pour"] == 3 * 480
    assert PlanEdit.objects.get(sandbox=three).project is None


def test_undo_and_redo_in_a_sandbox_are_its_own(cast, three):
    try_on(cast, three, put(2, "duration", "1d"))

    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour, sandbox=three)
    assert named({"plan__sandbox": three})["Pour"] == 3 * 480
    services.redo_edit(actor=cast.piet.actor(), project=cast.harbour, sandbox=three)

    assert named({"plan__sandbox": three})["Pour"] == 480
    assert live_tasks(cast)["Pour"] == 3 * 480


def test_a_sandbox_is_adopted_as_one_edit_with_its_reason(cast, three):
    try_on(cast, three, put(2, "duration", "1d"), put(3, "name", "Cure fast"))

    outcome = adopt(cast, three)

    assert outcome.finish_after == date(2026, 3, 10)
    assert live_tasks(cast) == {"Dig": 960, "Pour": 480, "Cure fast": 4 * 480}
    three.refresh_from_db()
    assert (three.state, three.adopted_version) == ("adopted", outcome.plan.plan_version)
    assert not ProjectPlan.objects.filter(sandbox=three).exists()
    told = AuditEvent.objects.filter(action="plan.edit").latest("pk")
    assert told.reason == "Sandbox ‘Second crane’ adopted: The board agreed"
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert live_tasks(cast) == {"Dig": 960, "Pour": 3 * 480, "Cure": 4 * 480}


def test_scope_is_cut_in_a_sandbox_compared_and_adopted_with_its_trail(cast, three):
    try_on(cast, three, {"do": "delete", "uids": [2]}, put(3, "predecessors", "1"))

    page = queries.sandboxes_page(cast.piet.actor(), cast.harbour.pk)
    [row] = page.rows
    assert (page.live.tasks, row.figures.tasks, row.figures.later_days) == (3, 2, -3)
    compared = services.weigh_sandbox(
        actor=cast.piet.actor(), project=cast.harbour, left="now", right=str(three.pk)
    )
    assert compared.finish_days == -3
    [cut] = services.adoption_of(actor=cast.piet.actor(), project=cast.harbour, sandbox=three).cut
    assert (cut.task, list(cut.hangs)) == ("Pour", ["‘Cure’ waits for it"])
    assert live_tasks(cast).keys() == {"Dig", "Pour", "Cure"}

    outcome = adopt(cast, three, reason="Pouring is left to the yard")

    assert live_tasks(cast).keys() == {"Dig", "Cure"}
    assert outcome.finish_after == date(2026, 3, 9)
    told = AuditEvent.objects.filter(action="plan.edit").latest("pk")
    assert told.reason == "Sandbox ‘Second crane’ adopted: Pouring is left to the yard"
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert live_tasks(cast) == {"Dig": 960, "Pour": 3 * 480, "Cure": 4 * 480}


def test_what_happened_to_the_plan_meanwhile_stays(cast, three):
    try_on(cast, three, put(2, "duration", "1d"))
    edit(cast, {"do": "add", "after": 3, "tasks": [{"name": "Paint", "duration": "1d"}]})
    edit(cast, put(1, "name", "Dig deep"))

    adopt(cast, three)

    assert live_tasks(cast) == {"Dig deep": 960, "Pour": 480, "Cure": 4 * 480, "Paint": 480}


def test_a_page_that_was_looked_at_before_a_change_adopts_nothing(cast, three):
    try_on(cast, three, put(2, "duration", "1d"))
    at = seen(cast, three)
    edit(cast, put(1, "name", "Dig deep"))

    with pytest.raises(Conflict) as refused:
        adopt(cast, three, at=at)

    assert refused.value.code == "planning.moved_on"
    assert live_tasks(cast)["Pour"] == 3 * 480


def test_a_clash_is_told_and_must_be_decided(cast, three):
    try_on(cast, three, put(2, "duration", "1d"))
    edit(cast, put(2, "duration", "5d"))

    told = services.adoption_of(actor=cast.piet.actor(), project=cast.harbour, sandbox=three)
    with pytest.raises(Conflict) as refused:
        adopt(cast, three)

    (clash,) = told.clashes
    assert (clash.key, clash.task, clash.what) == ("task.2.duration_minutes", "Pour", "duration")
    assert (clash.base, clash.live, clash.ours) == ("3d", "5d", "1d")
    assert [(row.task, row.what, row.before, row.after) for row in told.meanwhile] == [
        ("Pour", "duration", "3d", "5d")
    ]
    assert refused.value.code == "planning.undecided"
    assert live_tasks(cast)["Pour"] == 5 * 480


@pytest.mark.parametrize(("side", "days"), [(Side.SANDBOX, 1), (Side.LIVE, 5)])
def test_a_clash_is_decided_for_either_side(cast, three, side, days):
    try_on(cast, three, put(2, "duration", "1d"), put(1, "name", "Dig deep"))
    edit(cast, put(2, "duration", "5d"))

    adopt(cast, three, {"task.2.duration_minutes": side})

    assert live_tasks(cast) == {"Dig deep": 960, "Pour": days * 480, "Cure": 4 * 480}
    assert Sandbox.objects.get().state == "adopted"


def test_what_is_left_for_later_stays_in_the_sandbox(cast, three):
    try_on(cast, three, put(2, "duration", "1d"), put(1, "name", "Dig deep"))
    edit(cast, put(2, "duration", "5d"))

    adopt(cast, three, {"task.2.duration_minutes": Side.LATER})

    assert live_tasks(cast) == {"Dig deep": 960, "Pour": 5 * 480, "Cure": 4 * 480}
    three.refresh_from_db()
    assert three.state == "open"
    left = services.adoption_of(actor=cast.piet.actor(), project=cast.harbour, sandbox=three)
    assert [(row.task, row.before, row.after) for row in left.own] == [("Pour", "5d", "1d")]
    assert not left.behind and left.clashes == []
    adopt(cast, three)
    assert live_tasks(cast)["Pour"] == 480


def test_a_new_row_is_adopted_once_though_something_is_left_for_later(cast, three):
    try_on(
        cast,
        three,
        {"do": "add", "after": 3, "tasks": [{"name": "Extra", "duration": "1d"}]},
        put(2, "duration", "1d"),
    )
    edit(cast, put(2, "duration", "5d"))

    adopt(cast, three, {"task.2.duration_minutes": Side.LATER})
    left = services.adoption_of(actor=cast.piet.actor(), project=cast.harbour, sandbox=three)
    assert [(row.task, row.what) for row in left.own] == [("Pour", "duration")]
    adopt(cast, three)

    rows = Task.objects.filter(plan__project=cast.harbour).order_by("position")
    assert list(rows.values_list("uid", "name", "duration_minutes")) == [
        (1, "Dig", 960),
        (2, "Pour", 480),
        (3, "Cure", 4 * 480),
        (4, "Extra", 480),
    ]


def test_all_other_clashes_are_decided_at_once(client, cast, three):
    try_on(cast, three, *(put(uid, "name", f"Tried {uid}") for uid in (1, 2, 3)))
    edit(cast, *(put(uid, "name", f"Planned {uid}") for uid in (1, 2, 3)))
    client.force_login(cast.people["piet"])
    address = reverse("planning:sandbox-adopt", args=[cast.harbour.pk, three.pk])
    at = dict(zip(("plan_version", "aside_version"), seen(cast, three), strict=True))
    sent = {**at, "reason": "Agreed", "do": "adopt", "decide-task.2.name": "live"}

    assert 'name="others"' in client.get(address).content.decode()
    assert client.post(address, sent).status_code == 409
    assert client.post(address, sent | {"others": "sandbox"}).status_code == 302

    assert list(live_tasks(cast)) == ["Tried 1", "Planned 2", "Tried 3"]


def test_more_clashes_than_a_page_shows_are_no_fields_of_its_form(client, cast, three, monkeypatch):
    monkeypatch.setattr(services, "TASKS_SHOWN", 1)
    try_on(cast, three, *(put(uid, "name", f"Tried {uid}") for uid in (1, 2, 3)))
    edit(cast, *(put(uid, "name", f"Planned {uid}") for uid in (1, 2, 3)))
    client.force_login(cast.people["piet"])

    page = client.get(reverse("planning:sandbox-adopt", args=[cast.harbour.pk, three.pk]))

    assert page.content.decode().count('name="decide-') == 3
    assert page.content.decode().count('name="others"') == 3


def test_rows_that_cannot_come_together_are_named_on_the_page(client, cast, three):
    edit(cast, put(2, "predecessors", ""), put(3, "predecessors", ""))
    sandbox = make(cast, "Linked")
    try_on(cast, sandbox, put(2, "predecessors", "1"))
    edit(cast, {"do": "indent", "uids": [2]})
    client.force_login(cast.people["piet"])
    address = reverse("planning:sandbox-adopt", args=[cast.harbour.pk, sandbox.pk])

    page = client.get(address)

    told = page.content.decode()
    assert page.status_code == 200
    assert "one lies inside the other" in told
    assert "Dig" in told and "Pour" in told
    assert reverse("planning:sandbox-discard", args=[cast.harbour.pk, sandbox.pk]) in told
    assert 'value="adopt"' not in told
    with pytest.raises(Invalid) as refused:
        adopt(cast, sandbox)
    assert refused.value.code == "network.own_descendant"


def deleted(cast):
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong file")


def test_nothing_is_taken_over_into_another_plan(client, cast, three):
    try_on(cast, three, put(2, "duration", "1d"))
    deleted(cast)
    begin(cast, ("Paint", "2d"), ("Varnish", "3d"))

    with pytest.raises(Conflict) as refused:
        adopt(cast, three)
    assert refused.value.code == "planning.sandbox_base"
    with pytest.raises(Conflict):
        services.rebase_sandbox(
            actor=cast.piet.actor(),
            project=cast.harbour,
            sandbox=three,
            seen=seen(cast, three),
            decisions={},
        )

    assert live_tasks(cast) == {"Paint": 960, "Varnish": 3 * 480}
    client.force_login(cast.people["piet"])
    page = client.get(reverse("planning:sandbox-adopt", args=[cast.harbour.pk, three.pk]))
    assert page.status_code == 200
    assert "was deleted" in page.content.decode()
    beside = services.weigh_sandbox(
        actor=cast.piet.actor(), project=cast.harbour, left="now", right=str(three.pk)
    )
    assert {line.kind for line in beside.lines} == {"new", "gone"}


def test_a_plan_that_is_brought_back_takes_its_sandboxes_back(cast, three):
    try_on(cast, three, put(2, "duration", "1d"))
    deleted(cast)
    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    three.refresh_from_db()
    adopt(cast, three)

    assert live_tasks(cast)["Pour"] == 480


def test_the_list_stays_when_the_plan_is_deleted(client, cast, three):
    deleted(cast)
    client.force_login(cast.people["piet"])
    discard = reverse("planning:sandbox-discard", args=[cast.harbour.pk, three.pk])

    page = client.get(reverse("planning:sandboxes", args=[cast.harbour.pk]))

    assert page.status_code == 200
    told = page.content.decode()
    assert "its plan is deleted" in told and discard in told
    assert reverse("planning:sandbox-adopt", args=[cast.harbour.pk, three.pk]) not in told
    assert client.get(discard).status_code == 200
    version = Sandbox.objects.get().version
    assert client.post(discard, {"reason": "", "version": version}).status_code == 302
    assert Sandbox.objects.get().state == "discarded"


def test_new_rows_of_one_number_are_compared_as_two(cast, three):
    other = make(cast, "Other")
    for sandbox, name in ((three, "Extra"), (other, "Else")):
        try_on(cast, sandbox, {"do": "add", "after": 3, "tasks": [{"name": name}]})
    edit(cast, {"do": "add", "after": 3, "tasks": [{"name": "Paint"}]})

    for left, name in (("now", "Paint"), (str(other.pk), "Else")):
        found = services.weigh_sandbox(
            actor=cast.piet.actor(), project=cast.harbour, left=left, right=str(three.pk)
        )
        assert [(line.row.name, line.kind) for line in found.lines] == [
            ("Extra", "new"),
            (name, "gone"),
        ]


def test_a_name_is_looked_for_behind_the_lock(cast, three):
    make(cast, "Other")

    with CaptureQueriesContext(connection) as run, pytest.raises(Invalid):
        services.rename_sandbox(
            actor=cast.piet.actor(),
            project=cast.harbour,
            sandbox=three,
            name="Other",
            purpose="",
            version=three.version,
        )

    said = [query["sql"] for query in run]
    lock = next(row for row, sql in enumerate(said) if 'FROM "projects_project" WHERE' in sql)
    asked = next(row for row, sql in enumerate(said) if '"name" = ' in sql)
    assert lock < asked


def test_the_copied_plan_is_read_where_it_is_needed_alone(cast, three):
    actor = cast.piet.actor()

    with CaptureQueriesContext(connection) as run:
        _, found = queries.open_sandbox(actor, cast.harbour.pk, three.pk, rules.Verb.READ)
        queries.sandbox_schedule(actor, cast.harbour, found)
        queries.sheet_of(actor, cast.harbour.pk, three.pk)
        services.explain_dates(actor=actor, project=cast.harbour, uid=2, sandbox=found)

    assert not [query for query in run if '"planning_sandbox"."base",' in query["sql"]]


def test_rebasing_takes_the_plan_over_and_keeps_what_was_tried(cast, three):
    try_on(cast, three, put(2, "duration", "1d"))
    edit(cast, put(2, "duration", "5d"))
    edit(cast, put(3, "duration", "2d"))

    services.rebase_sandbox(
        actor=cast.piet.actor(),
        project=cast.harbour,
        sandbox=three,
        seen=seen(cast, three),
        decisions={},
    )

    assert named({"plan__sandbox": three}) == {"Dig": 960, "Pour": 480, "Cure": 960}
    assert live_tasks(cast)["Pour"] == 5 * 480
    try_on(cast, three, put(1, "duration", "1d"))
    assert named({"plan__sandbox": three})["Dig"] == 480


def test_links_of_both_that_go_round_in_a_circle_are_refused_by_name(cast):
    begin(cast, ("Dig", "2d"), ("Pour", "3d"))
    sandbox = make(cast)
    try_on(cast, sandbox, put(1, "predecessors", "2"))
    edit(cast, put(2, "predecessors", "1"))

    with pytest.raises(Invalid) as refused:
        adopt(cast, sandbox)

    assert refused.value.code == "schedule.cycle"
    assert "Dig" in refused.value.message and "Pour" in refused.value.message
    assert ProjectPlan.objects.get(project=cast.harbour).links.count() == 1


def test_new_rows_never_take_a_number_that_the_plan_gave(cast, three):
    try_on(cast, three, {"do": "add", "after": 3, "tasks": [{"name": "Aside"}]})
    edit(cast, {"do": "add", "after": 3, "tasks": [{"name": "Short-lived"}]})
    edit(cast, {"do": "delete", "uids": [4]})

    outcome = adopt(cast, three)

    assert outcome.added == (5,)
    assert list(live_tasks(cast)) == ["Dig", "Pour", "Cure", "Aside"]


def test_an_unchanged_sandbox_is_not_adopted(cast, three):
    with pytest.raises(Invalid) as refused:
        adopt(cast, three)
    assert refused.value.code == "planning.sandbox_empty"
    with pytest.raises(Invalid) as refused:
        adopt(cast, three, reason=" ")
    assert refused.value.code == "planning.reason"


def test_a_sandbox_that_was_thrown_away_keeps_who_and_why(cast, three):
    services.discard_sandbox(
        actor=cast.piet.actor(), project=cast.harbour, sandbox=three, reason="Dead end", version=1
    )

    three.refresh_from_db()
    assert (three.state, three.reason, three.base) == ("discarded", "Dead end", None)
    assert not Task.objects.filter(plan__sandbox=three).exists()
    with pytest.raises(NotFound) as refused:
        try_on(cast, three, put(2, "duration", "1d"))
    assert refused.value.code == "planning.sandbox_closed"
    make(cast)


def test_names_are_given_once_and_not_without_end(cast, three):
    for name in ("", "Second crane", "x" * 121):
        with pytest.raises(Invalid) as refused:
            make(cast, name)
        assert refused.value.fields.keys() == {"name"}
    for number in range(queries.MOST_OPEN - 1):
        make(cast, f"No {number}")
    with pytest.raises(Invalid) as refused:
        make(cast, "One more")
    assert refused.value.code == "planning.sandboxes"
    assert Sandbox.objects.count() == queries.MOST_OPEN


@pytest.mark.parametrize("who", ["tess", "otto", "sam"])
def test_who_may_not_change_the_plan_makes_no_sandbox(cast, three, who):
    person = getattr(cast, who)
    version = three.version
    for does in (
        lambda: make(cast, "Mine", person),
        lambda: try_on(cast, three, put(2, "duration", "1d"), by=person),
        lambda: services.discard_sandbox(
            actor=person.actor(), project=cast.harbour, sandbox=three, reason="", version=version
        ),
    ):
        with pytest.raises(NotAllowed):
            does()
    assert Sandbox.objects.get().state == "open"


def test_the_list_says_how_sandboxes_lie_to_the_plan(cast, three, django_assert_num_queries):
    try_on(cast, three, put(2, "duration", "1d"))
    other = make(cast, "Other")
    edit(cast, put(3, "duration", "5d"))

    page = queries.sandboxes_page(cast.piet.actor(), cast.harbour.pk)

    rows = {row.sandbox.name: row for row in page.rows}
    assert rows["Second crane"].figures.later_days == -3
    assert rows["Second crane"].behind
    assert rows["Other"].figures.later_days == -1
    assert page.live.later_days == 0
    with django_assert_num_queries(LIST):
        queries.sandboxes_page(cast.piet.actor(), cast.harbour.pk)
    services.discard_sandbox(
        actor=cast.piet.actor(), project=cast.harbour, sandbox=other, reason="", version=None
    )
    with django_assert_num_queries(LIST):
        queries.sandboxes_page(cast.piet.actor(), cast.harbour.pk)


LIST = 8


def test_closed_sandboxes_go_by_retention_alone(cast, three):
    services.discard_sandbox(
        actor=cast.piet.actor(), project=cast.harbour, sandbox=three, reason="", version=None
    )
    with pytest.raises(NotAllowed):
        services.forget_sandboxes(actor=cast.piet.actor(), sandboxes=[three.pk])

    assert services.forget_sandboxes(actor=Actor.system("test"), sandboxes=[three.pk]) == 1
    assert not Sandbox.objects.exists()
