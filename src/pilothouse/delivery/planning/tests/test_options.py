# SPDX-License-Identifier: Apache-2.0
"""Quick options: what is proposed is what is accepted, as one edit that goes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanResource,
    ProjectPlan,
    Sandbox,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.tests.test_editing import begin, edit, put
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed


@pytest.fixture
def crew(cast):
    """Dig 2 d and Pour 3 d side by side on one crew, Cure 4 d after Pour."""
    begin(cast, ("Dig", "2d"), ("Pour", "3d"), ("Cure", "4d"))
    plan = ProjectPlan.objects.get()
    PlanResource.objects.create(plan=plan, uid=1, name="Crew")
    plan.version += 1
    plan.save()
    edit(
        cast,
        put(3, "predecessors", "2"),
        {"do": "assign", "uid": 1, "resource": 1},
        {"do": "assign", "uid": 2, "resource": 1},
    )
    return {"actor": cast.piet.actor(), "project": cast.harbour}


def version(**of):
    return ProjectPlan.objects.get(**of).plan_version


def dates(**of):
    rows = Task.objects.filter(**of).order_by("position")
    return [(f"{row.start:%d}", f"{row.finish:%d}", row.leveling_delay_minutes) for row in rows]


def test_levelling_the_plan_is_proposed_accepted_and_cleared(cast, crew):
    before = dates()

    found = services.level_proposal(**crew)

    assert (found.overloads_before, found.overloads) == (2, 0)
    assert [(row.name, row.delay_days) for row in found.delays] == [("Dig", 3)]
    assert (found.later_days, found.finish, found.best) == (0, date(2026, 3, 10), True)
    assert dates() == before
    outcome = services.accept_levelling(**crew, seen=found.plan.plan_version)
    assert outcome.words == "Resources levelled"
    assert dates() == [("05", "06", 3 * 1440), ("02", "04", 0), ("05", "10", 0)]
    assert services.level_proposal(**crew).held == 1
    services.clear_levelling(**crew, seen=outcome.plan.plan_version)
    assert dates() == before


def test_a_proposal_of_another_version_is_not_accepted(cast, crew):
    seen = version()
    edit(cast, put(1, "name", "Dig deep"))

    with pytest.raises(Conflict) as refused:
        services.accept_levelling(**crew, seen=seen)

    assert refused.value.code == "planning.proposal_stale"
    with pytest.raises(Invalid) as nothing:
        services.clear_levelling(**crew, seen=version())
    assert nothing.value.code == "planning.no_proposal"


def test_a_sandbox_is_levelled_apart(cast, crew):
    sandbox = services.make_sandbox(**crew, name="Level")

    services.accept_levelling(**crew, sandbox=sandbox, seen=1)

    assert dates(plan__sandbox=sandbox)[0] == ("05", "06", 3 * 1440)
    assert dates(plan__project=cast.harbour)[0] == ("02", "03", 0)


def test_crashing_keeps_the_work_and_adds_the_cost(cast, crew):
    sandbox = services.make_sandbox(**crew, name="Crash")
    slopes = {2: (Decimal(900), Decimal(1)), 3: (Decimal(400), Decimal(1))}

    found = services.crash_proposal(**crew, sandbox=sandbox, slopes=slopes, gain_days=Decimal(2))
    outcome = services.apply_crash(
        **crew, sandbox=sandbox, slopes=slopes, gain_days=Decimal(2), seen=1
    )

    told = [(row.name, row.less_days, row.cost) for row in found.lines if row.less_days]
    assert sorted(told) == [("Cure", 1, 400), ("Pour", 1, 900)]
    assert (found.gain_days, found.cost, found.whole) == (2, 1300, True)
    assert outcome.finish_after == found.finish == date(2026, 3, 6)
    pour = Task.objects.get(plan__sandbox=sandbox, uid=2)
    share = PlanAssignment.objects.get(plan__sandbox=sandbox, task_uid=2)
    assert (pour.duration_minutes, pour.cost, pour.work_minutes) == (960, 900, 1440)
    assert (share.units, share.work_minutes) == (Decimal("1.5"), 1440)
    sandbox.refresh_from_db()
    assert sandbox.slopes["2"] == ["900", "1"]


def test_more_than_can_be_gained_is_said_and_nonsense_refused(cast, crew):
    sandbox = services.make_sandbox(**crew, name="Crash")
    slopes = {2: (Decimal(900), Decimal(1))}

    found = services.crash_proposal(**crew, sandbox=sandbox, slopes=slopes, gain_days=Decimal(5))

    assert (found.gain_days, found.whole) == (1, False)
    with pytest.raises(Invalid) as refused:
        services.crash_proposal(**crew, sandbox=sandbox, slopes=slopes, gain_days=Decimal(0))
    assert refused.value.fields.keys() == {"gain"}


def test_fast_tracking_changes_the_chosen_links(cast, crew):
    sandbox = services.make_sandbox(**crew, name="Overlap")

    _, ways = services.overlap_ways(**crew, sandbox=sandbox, share_pct=Decimal(50))
    outcome = services.apply_overlaps(
        **crew, sandbox=sandbox, share_pct=Decimal(50), keys=["2.3.ss"], seen=1
    )

    assert [(way.key, way.was, way.becomes, way.gain_days) for way in ways] == [
        ("2.3.fs", "FS", "FS-1.5d", Decimal("1.5")),
        ("2.3.ss", "FS", "SS+1.5d", Decimal("1.5")),
    ]
    assert outcome.finish_after == date(2026, 3, 9)
    link = TaskLink.objects.get(plan__sandbox=sandbox)
    assert (link.type, link.lag_minutes) == ("ss", 720)


@pytest.mark.parametrize("keys", [[], ["9.9.fs"], ["2.3.fs", "2.3.ss"]])
def test_no_choice_or_two_ways_of_one_link_are_refused(cast, crew, keys):
    sandbox = services.make_sandbox(**crew, name="Overlap")
    with pytest.raises(Invalid) as refused:
        services.apply_overlaps(**crew, sandbox=sandbox, share_pct=Decimal(50), keys=keys, seen=1)
    assert refused.value.code == "planning.overlaps"


def test_who_may_not_change_the_plan_gets_no_proposal(cast, crew):
    sandbox = services.make_sandbox(**crew, name="Level")
    for person in (cast.tess, cast.otto, cast.ada):
        here = {"actor": person.actor(), "project": cast.harbour}
        with pytest.raises(NotAllowed):
            services.level_proposal(**here)
        with pytest.raises(NotAllowed):
            services.crash_proposal(**here, sandbox=sandbox, slopes={}, gain_days=None)
        with pytest.raises(NotAllowed):
            services.apply_overlaps(
                **here, sandbox=sandbox, share_pct=Decimal(50), keys=["2.3.ss"], seen=1
            )
    assert Sandbox.objects.get().version == 1
