# SPDX-License-Identifier: Apache-2.0
"""Offices and units: opened, changed, moved from a day on, closed; people in them."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from cast import SYSTEM
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import (
    Calendar,
    Currency,
    FormerUnitPlace,
    Membership,
    OrgUnit,
)
from pilothouse.foundation.organisation.queries import unit_rows
from pilothouse.foundation.organisation.services import (
    create_unit,
    move_unit,
    open_office,
    place_person,
    update_unit,
)

DAY = date(2025, 6, 1)


@pytest.fixture
def sheds(cast):
    """Another department of the port."""
    return create_unit(actor=SYSTEM, parent=cast.office, values={"code": "SHED", "name": "Sheds"})


def unchanged(unit):
    """Whether a unit is in the database as it was when it was read, without a new version."""
    saved = OrgUnit.objects.get(pk=unit.pk)
    names = ("name", "code", "parent_id", "path", "valid_to", "version")
    return [getattr(saved, name) for name in names] == [getattr(unit, name) for name in names]


def test_an_office_opens_with_its_currency_and_a_standard_week(db):
    office = open_office(actor=SYSTEM, code="FORD", name="Ford", currency="NOK")

    assert (office.kind, office.default_currency_id, office.office_id) == (
        "enterprise",
        "NOK",
        office.pk,
    )
    assert Calendar.objects.get(office=office).week[0] == [[480, 720], [780, 1020]]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "currency.create",
        "orgunit.create",
        "calendar.create",
    ]


def test_a_second_office_leaves_the_currency_as_it_was_named(cast):
    Currency.objects.filter(pk="EUR").update(name="Our euro")

    open_office(actor=SYSTEM, code="FORD", name="Ford", currency="EUR")

    assert Currency.objects.get(pk="EUR").name == "Our euro"
    assert not AuditEvent.objects.filter(object_type="currency").exists()


def test_an_office_with_an_unknown_currency_is_refused(db):
    with pytest.raises(Invalid) as refused:
        open_office(actor=SYSTEM, code="FORD", name="Ford", currency="XXQ")

    assert refused.value.fields == {"currency": "Choose a currency of the list."}
    assert (OrgUnit.objects.count(), Currency.objects.count(), AuditEvent.objects.count()) == (
        0,
        0,
        0,
    )


def test_only_a_system_administrator_opens_an_office(cast):
    with pytest.raises(NotAllowed):
        open_office(actor=cast.ada.actor(), code="FORD", name="Ford", currency="NOK")

    assert OrgUnit.objects.filter(parent=None).count() == 2
    assert not Currency.objects.filter(pk="NOK").exists()


@pytest.mark.parametrize("who", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_only_the_office_keeps_its_units(cast, who):
    actor = cast.people[who].actor()

    with pytest.raises(NotAllowed):
        create_unit(actor=actor, parent=cast.unit, values={"code": "NEW", "name": "New"})
    with pytest.raises(NotAllowed):
        update_unit(actor=actor, unit=cast.unit, values={"name": "Mine"}, version=1)
    with pytest.raises(NotAllowed):
        place_person(actor=actor, person=cast.otto, unit=cast.unit)

    assert not OrgUnit.objects.filter(code="NEW").exists()
    assert unchanged(cast.unit)
    assert not Membership.objects.exists()


def test_a_code_stands_once_in_an_office(cast):
    with pytest.raises(Invalid, match="already a unit with this code"):
        create_unit(
            actor=cast.ada.actor(), parent=cast.office, values={"code": "OPS", "name": "Again"}
        )
    elsewhere = create_unit(
        actor=SYSTEM, parent=cast.other_office, values={"code": "OPS", "name": "Operations"}
    )

    assert OrgUnit.objects.filter(code="OPS", office_id=cast.office.pk).count() == 1
    assert elsewhere.office_id == cast.other_office.pk


def test_a_stale_change_names_who_was_first(cast):
    actor = cast.ada.actor()
    update_unit(actor=actor, unit=cast.unit, values={"name": "Works"}, version=1)

    with pytest.raises(Conflict, match="Ada Example"):
        update_unit(actor=actor, unit=cast.unit, values={"name": "Yard"}, version=1)

    assert OrgUnit.objects.get(pk=cast.unit.pk).name == "Works"


def test_a_move_takes_the_branch_along_and_keeps_the_day(cast, sheds):
    berth = create_unit(actor=SYSTEM, parent=cast.unit, values={"code": "B", "name": "Berth"})

    moved = move_unit(
        actor=cast.ada.actor(),
        unit=cast.unit,
        parent=sheds,
        from_day=DAY,
        version=cast.unit.version,
        reason="One roof.",
    )

    berth.refresh_from_db()
    assert moved.path == sheds.path + cast.unit.path[-6:]
    assert berth.path == moved.path + berth.path[-6:]
    former = FormerUnitPlace.objects.get(unit=moved)
    assert (former.parent_id, former.until, former.reason) == (cast.office.pk, DAY, "One roof.")
    depths = {row.unit.code: row.depth for row in unit_rows(cast.ada.actor(), None)}
    before = {row.unit.code: row.depth for row in unit_rows(cast.ada.actor(), DAY - timedelta(1))}
    assert (depths["OPS"], depths["B"]) == (2, 3)
    assert (before["OPS"], before["B"]) == (1, 2)


@pytest.mark.parametrize(
    ("place", "day", "reason", "field"),
    [
        ("own", DAY, "Why not.", "parent"),
        ("below", DAY, "Why not.", "parent"),
        ("foreign", DAY, "Why not.", "parent"),
        ("sheds", timezone.localdate() + timedelta(days=1), "Why not.", "from_day"),
        ("sheds", DAY, "  ", "reason"),
    ],
)
def test_an_impossible_move_changes_nothing(cast, sheds, place, day, reason, field):
    below = create_unit(actor=SYSTEM, parent=cast.unit, values={"code": "B", "name": "Berth"})
    parent = {"own": cast.unit, "below": below, "foreign": cast.other_office, "sheds": sheds}[place]

    with pytest.raises(Invalid) as refused:
        move_unit(
            actor=SYSTEM,
            unit=cast.unit,
            parent=parent,
            from_day=day,
            version=cast.unit.version,
            reason=reason,
        )

    assert list(refused.value.fields) == [field]
    assert unchanged(cast.unit)
    assert not FormerUnitPlace.objects.exists()


def test_a_move_before_the_last_one_is_refused(cast, sheds):
    moved = move_unit(
        actor=SYSTEM, unit=cast.unit, parent=sheds, from_day=DAY, version=None, reason="One roof."
    )

    with pytest.raises(Invalid, match="1 Jun 2025"):
        move_unit(
            actor=SYSTEM,
            unit=moved,
            parent=cast.office,
            from_day=DAY - timedelta(days=1),
            version=None,
            reason="Back.",
        )

    assert unchanged(moved)
    assert FormerUnitPlace.objects.count() == 1


def test_a_unit_closes_only_after_those_below(cast):
    berth = create_unit(actor=SYSTEM, parent=cast.unit, values={"code": "B", "name": "Berth"})
    with pytest.raises(Invalid) as refused:
        update_unit(actor=cast.ada.actor(), unit=cast.unit, values={"valid_to": DAY}, version=1)

    assert list(refused.value.fields) == ["valid_to"]
    assert unchanged(cast.unit)

    update_unit(actor=cast.ada.actor(), unit=berth, values={"valid_to": DAY}, version=1)
    closed = update_unit(
        actor=cast.ada.actor(), unit=cast.unit, values={"valid_to": DAY}, version=1
    )

    assert closed.valid_to == DAY


def test_an_office_never_goes_below_another(cast):
    with pytest.raises(Invalid):
        update_unit(
            actor=SYSTEM, unit=cast.office, values={"parent": cast.other_office}, version=None
        )
    with pytest.raises(Invalid):
        update_unit(actor=SYSTEM, unit=cast.unit, values={"parent": None}, version=None)

    assert unchanged(cast.office)
    assert unchanged(cast.unit)


def test_a_person_has_one_unit_and_the_trail_shows_each(cast, sheds):
    place_person(actor=cast.ada.actor(), person=cast.tess, unit=cast.unit)
    place_person(actor=cast.ada.actor(), person=cast.tess, unit=sheds)

    assert Membership.objects.get(person=cast.tess).org_unit == sheds
    assert [
        event.after["org_unit"]
        for event in AuditEvent.objects.filter(action="membership.set").order_by("pk")
    ] == [cast.unit.pk, sheds.pk]
