# SPDX-License-Identifier: Apache-2.0
import threading
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection
from django.db.models import F

from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.core.prepared import prepared, prepared_for, together
from pilothouse.foundation.organisation.models import OrgUnit

pytestmark = pytest.mark.django_db


@prepared
def units(ids, name=""):
    rows = OrgUnit.objects.filter(pk__in=ids).order_by("pk")
    if name:
        rows = rows.filter(name=name)
    return rows.values_list("pk", "name", "created_at")


@prepared
def delegations(day):
    rows = Delegation.objects.filter(valid_to__gte=day).order_by("pk")
    return rows.values_list("valid_from", "amount_limit", "voided")


@prepared_for(varying=2)
def roles(person_id, office_id, role):
    return (
        RoleAssignment.objects.select_related("person")
        .annotate(address=F("person__email"))
        .filter(person_id=person_id, office_id=office_id, role=role)
    )


def test_one_statement_serves_every_number_and_gives_objects(cast):
    rows = RoleAssignment.objects.filter(role__in=[Role.PM, Role.DIR, Role.ANL, Role.TEM])
    assert len(rows) > 1
    for row in rows:
        found = roles(row.person_id, row.office_id, row.role)
        assert row in found
        assert {one.person.email for one in found} == {row.person.email}
        assert {one.address for one in found} == {row.person.email}
    assert roles(0, cast.office.pk, Role.PM) == []


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**25])
def test_a_number_larger_than_any_key_finds_nothing(cast, number):
    assert roles(number, cast.office.pk, Role.PM) == []
    assert roles(cast.piet.pk, number, Role.PM) == []


@prepared_for(varying=1)
def named(name):
    return OrgUnit.objects.filter(name=name).values_list("name")


def test_a_text_may_vary_too_and_stands_for_itself(cast):
    assert named("Port") == [("Port",)]
    assert named("Operations") == [("Operations",)]
    assert named("' or 1=1 --") == named("%") == named("7310000000000001") == []


@prepared_for(varying=1)
def holding(part):
    rows = OrgUnit.objects.filter(name__icontains=part).order_by("name")
    return rows.values_list("name")


def test_a_text_inside_a_pattern_stands_for_itself(cast):
    every = OrgUnit.objects.order_by("name").values_list("name")
    assert holding("OPER") == list(every.filter(name__icontains="oper")) == [("Operations",)]
    assert holding("") == list(every)
    assert holding("%") == holding("_") == holding("\\") == []
    unit = OrgUnit.objects.get(name="Operations")
    OrgUnit.objects.filter(pk=unit.pk).update(name="100 %_\\")
    assert holding("0 %") == holding("%_\\") == [("100 %_\\",)]


def test_reads_made_together_give_what_each_gives_alone(cast):
    day = date(2026, 1, 5)
    ids = tuple(OrgUnit.objects.values_list("pk", flat=True))
    nothing = units.later(())
    asked = (units.later(ids), nothing, delegations.later(day), named.later("Port"))
    together(*asked)
    found = [reading.rows for reading in asked]
    assert found == [units(ids), [], delegations(day), [("Port",)]]
    together(nothing, nothing)
    assert nothing.rows == []


def test_a_read_is_made_once(cast, django_assert_num_queries):
    port, operations = named.later("Port"), named.later("Operations")
    with django_assert_num_queries(2):
        assert port.rows == [("Port",)]
        together(port, operations)
        together(port, operations)
        assert operations.rows == [("Operations",)]
        assert port.rows == [("Port",)]


@pytest.mark.django_db(transaction=True)
def test_a_read_that_fails_among_others_fails_all_and_leaves_the_connection_well(cast):
    too_long = named.later("\0")
    if connection.vendor == "postgresql":
        with pytest.raises((DatabaseError, ValueError)):
            together(named.later("Port"), too_long)
    port, operations = named.later("Port"), named.later("Operations")
    together(port, operations)
    assert (port.rows, operations.rows) == ([("Port",)], [("Operations",)])


def test_instants_come_with_the_zone_and_to_the_microsecond(cast):
    moment = datetime(2026, 3, 29, 1, 30, 0, 120, tzinfo=UTC)
    for at in (moment, moment.replace(microsecond=0), datetime(1, 1, 1, tzinfo=UTC)):
        OrgUnit.objects.filter(pk=cast.office.pk).update(created_at=at)
        read = OrgUnit.objects.values_list("created_at", flat=True).get(pk=cast.office.pk)
        assert read == at
        assert read.tzinfo is UTC


def test_a_number_that_the_statement_does_not_hold_is_refused():
    @prepared_for(varying=1)
    def all_units(unit_id):
        return OrgUnit.objects.filter(pk__in=[unit_id + 1])

    with pytest.raises(TypeError, match="not in the statement"):
        all_units(1)


def test_rows_are_those_of_the_queryset_with_pythons_values(cast):
    wanted = list(OrgUnit.objects.order_by("pk").values_list("pk", "name", "created_at"))
    ids = tuple(row[0] for row in wanted)

    assert len(wanted) > 1
    assert units(ids) == units(ids) == wanted
    assert units(ids, "Port") == [row for row in wanted if row[1] == "Port"]
    assert units(ids[:1]) == wanted[:1]


def test_what_was_written_since_is_read(cast):
    before = units((cast.office.pk,))
    OrgUnit.objects.filter(pk=cast.office.pk).update(name="Harbour")
    assert [row[1] for row in before] == ["Port"]
    assert [row[1] for row in units((cast.office.pk,))] == ["Harbour"]


def test_days_and_amounts_come_as_such(cast):
    Delegation.objects.create(
        from_person=cast.femi,
        to_person=cast.sam,
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        actions="A",
        amount_limit="1200.50",
    )
    wanted = list(Delegation.objects.values_list("valid_from", "amount_limit", "voided"))
    assert delegations(date(2026, 6, 1)) == wanted
    assert str(wanted[0][1]) == "1200.50" and wanted[0][2] is False


def test_what_can_have_no_rows_asks_nothing(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert units(()) == []


def test_one_statement_serves_every_thread(cast):
    units((1,))
    failed = []

    def read():
        try:
            units((1,))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert failed == []


def test_what_cannot_be_a_key_is_refused():
    with pytest.raises(TypeError):
        units([1])
