# SPDX-License-Identifier: Apache-2.0
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.services import update_project
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.queries import as_of, history_of

NAMES = ("name", "budget", "planned_finish", "pm", "strategic_critical")
FIRST = date(2026, 3, 1)


def put_on(event: AuditEvent, day: date) -> None:
    at = timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=9)
    AuditEvent.objects.filter(pk=event.pk).update(at=at)


def values_of(project: Project) -> dict:
    project.refresh_from_db()
    return {
        "name": project.name,
        "budget": project.budget,
        "planned_finish": project.planned_finish,
        "pm": project.pm_id,
        "strategic_critical": project.strategic_critical,
    }


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Harbour", "Harbour II", "Outer harbour"]),
        "budget": st.none() | st.decimals("0", "99999999", places=2),
        "planned_finish": st.none() | st.dates(date(2026, 6, 1), date(2030, 1, 1)),
        "pm": st.sampled_from(["piet", "rosa", None]),
        "strategic_critical": st.booleans(),
    },
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(CHANGES, min_size=1, max_size=6))
def test_undoing_the_trail_from_now_gives_the_values_of_each_day(cast, changes):
    harbour = Project.objects.get(pk=cast.harbour.pk)
    AuditEvent.objects.filter(object_type="project", object_id=harbour.pk).update(
        at=timezone.make_aware(datetime(2026, 2, 1, 12))
    )
    seen = AuditEvent.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    known = {FIRST - timedelta(days=1): values_of(harbour)}

    for number, change in enumerate(changes):
        values = {
            key: getattr(cast, value) if key == "pm" and value else value
            for key, value in change.items()
        }
        update_project(
            actor=Actor.system("tests"), project=harbour, values=values, version=None, reason="Test"
        )
        day = FIRST + timedelta(days=number)
        for event in AuditEvent.objects.filter(pk__gt=seen):
            put_on(event, day)
            seen = event.pk
        known[day] = values_of(harbour)

    assert {day: as_of(harbour, day, NAMES) for day in known} == known


def test_a_row_did_not_exist_before_it_was_entered(cast):
    created = AuditEvent.objects.get(object_type="project", object_id=cast.harbour.pk)
    put_on(created, FIRST)

    assert as_of(cast.harbour, FIRST - timedelta(days=1), ["name"]) is None
    assert as_of(cast.harbour, FIRST, ["name", "budget"]) == {
        "name": "Harbour",
        "budget": Decimal("1200000"),
    }


def test_history_says_who_changed_what_and_why_newest_first(cast):
    update_project(
        actor=cast.femi.actor(),
        project=cast.harbour,
        values={"budget": Decimal("1300000")},
        version=1,
        reason="Board of 3 March",
    )

    newest, oldest = history_of(cast.harbour)

    assert (newest.who, newest.action, newest.reason) == (
        "Femi Example",
        "project.update",
        "Board of 3 March",
    )
    assert [(f.name, f.before, f.after) for f in newest.fields] == [
        ("budget", "1200000.00", "1300000")
    ]
    assert oldest.action == "project.create"
    assert history_of(cast.harbour, day=date(2020, 1, 1)) == []
