# SPDX-License-Identifier: Apache-2.0
"""Who sets rules and places holds, what is refused, and what the trail keeps of it."""

import pytest

from cast import SYSTEM, appoint, person
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.retention.kinds import CLASSES
from pilothouse.retention.models import Kind, LegalHold, RetentionRule
from pilothouse.retention.services import place_hold, release_hold, set_rule


@pytest.fixture
def people(cast):
    """The cast with an auditor, an analyst, and an administrator who holds no role."""
    here = (("org_unit", cast.office.pk), cast.office.pk, unit_scopes(cast.office))
    audit, ann, root = person("Aud Example"), person("Ann Example"), person("Root Example")
    appoint(audit, Role.AUD, *here)
    appoint(ann, Role.ANL, *here)
    root.is_system_admin = True
    root.save()
    return {**cast.people, "audit": audit, "ann": ann, "root": root}


RULE_SETTERS = {"ada", "root"}
HOLDERS = {"ada", "root", "audit"}
EVERYBODY = ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia", "audit", "ann", "root")


def set_months(actor, cast, months=24, *, kind=Kind.TRAIL, version=None, reason="Agreed"):
    return set_rule(
        actor=actor,
        office=cast.office,
        kind=kind,
        keep_months=months,
        version=version,
        reason=reason,
    )


def place(actor, cast, scope="office", number=None, reason="The court asked"):
    return place_hold(
        actor=actor,
        office=cast.office,
        scope_type=scope,
        scope_id=number or cast.office.pk,
        reason=reason,
    )


@pytest.mark.parametrize("name", EVERYBODY)
def test_who_directs_an_office_or_keeps_the_system_sets_its_rules(cast, people, name):
    actor = people[name].actor()
    if name in RULE_SETTERS:
        assert set_months(actor, cast).keep_months == 24
        return

    with pytest.raises(NotAllowed):
        set_months(actor, cast)
    assert not RetentionRule.objects.exists()


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_auditor_places_and_releases_holds_too(cast, people, name):
    actor = people[name].actor()
    if name in HOLDERS:
        hold = place(actor, cast)
        assert release_hold(actor=actor, hold=hold, version=1, reason="Over").released_at
        return

    with pytest.raises(NotAllowed):
        place(actor, cast)
    assert not LegalHold.objects.exists()
    hold = place(SYSTEM, cast)
    with pytest.raises(NotAllowed):
        release_hold(actor=actor, hold=hold, version=1, reason="Over")
    hold.refresh_from_db()
    assert hold.released_at is None


@pytest.mark.parametrize("kind", Kind)
def test_a_term_below_the_least_is_refused_with_the_reason(cast, kind):
    about = CLASSES[kind]

    with pytest.raises(Invalid) as refused:
        set_months(SYSTEM, cast, about.least_months - 1, kind=kind)

    assert about.why in refused.value.fields["keep_months"]
    assert set_months(SYSTEM, cast, about.least_months, kind=kind).pk


@pytest.mark.parametrize(("months", "reason"), [(1201, "Agreed"), (24, " "), (24, "x" * 301)])
def test_an_endless_term_and_no_reason_are_refused(cast, months, reason):
    with pytest.raises(Invalid):
        set_months(SYSTEM, cast, months, reason=reason)

    assert not RetentionRule.objects.exists()


def test_a_rule_is_changed_and_lifted_with_a_history(cast):
    actor = cast.ada.actor()
    first = set_months(actor, cast, 24, version=1)
    set_months(actor, cast, None, version=first.version, reason="Kept after all")

    events = AuditEvent.objects.filter(object_type="retentionrule").order_by("pk")
    assert [(e.before, e.after, e.reason) for e in events] == [
        ({"keep_months": None}, {"keep_months": 24}, "Agreed"),
        ({"keep_months": 24}, {"keep_months": None}, "Kept after all"),
    ]
    assert {e.office_id for e in events} == {cast.office.pk}


def test_a_stale_rule_and_a_stale_hold_are_refused(cast):
    set_months(SYSTEM, cast, 24, version=1)
    with pytest.raises(Conflict):
        set_months(SYSTEM, cast, 36, version=1)
    hold = place(SYSTEM, cast)
    with pytest.raises(Conflict):
        release_hold(actor=SYSTEM, hold=hold, version=2, reason="Over")

    assert RetentionRule.objects.get().keep_months == 24
    assert LegalHold.objects.get().released_at is None


def test_what_is_held_is_held_once_and_again_after_its_release(cast):
    hold = place(SYSTEM, cast)
    with pytest.raises(Invalid) as refused:
        place(SYSTEM, cast)
    assert refused.value.code == "retention.held"
    release_hold(actor=cast.ada.actor(), hold=hold, version=1, reason="Over")
    with pytest.raises(Invalid) as refused:
        release_hold(actor=SYSTEM, hold=hold, version=2, reason="Over")
    assert refused.value.code == "retention.released"

    again = place(SYSTEM, cast)

    hold.refresh_from_db()
    assert again.pk != hold.pk
    assert (hold.released_by, hold.release_reason) == (cast.ada, "Over")
    event = AuditEvent.objects.get(action="legalhold.release")
    assert (event.reason, event.office_id) == ("Over", cast.office.pk)


def test_only_what_lies_in_the_office_and_in_sight_is_held(cast, people):
    wrong = [
        ("office", cast.other_office.pk),
        ("portfolio", cast.other_portfolio.pk),
        ("project", cast.foreign.pk),
        ("project", 10**9),
        ("workstream", 1),
        ("org_unit", cast.unit.pk),
    ]
    for scope, number in wrong:
        with pytest.raises(Invalid) as refused:
            place(cast.ada.actor(), cast, scope, number)
        assert refused.value.code == "retention.scope"
    with pytest.raises(Invalid):
        place(people["root"].actor(), cast, "project", cast.harbour.pk)

    assert not LegalHold.objects.exists()
