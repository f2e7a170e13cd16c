# SPDX-License-Identifier: Apache-2.0
"""Calendars, currencies and custom fields, and the values that fit a field."""

import pytest

from cast import SYSTEM
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField
from pilothouse.foundation.organisation.services import (
    clean_custom,
    save_calendar,
    save_currency,
    save_custom_field,
)

WEEK = [[[480, 720], [780, 1020]]] * 5 + [[], []]


def calendar(cast, by=None, **values):
    return save_calendar(
        actor=by or cast.ada.actor(),
        office=cast.office,
        calendar=values.pop("calendar", None),
        name=values.pop("name", "Port"),
        week=values.pop("week", WEEK),
        exceptions=values.pop("exceptions", []),
        is_default=values.pop("is_default", True),
        version=values.pop("version", None),
    )


def custom_field(cast, by=None, **values):
    return save_custom_field(
        actor=by or cast.ada.actor(),
        office=cast.office,
        field=values.pop("field", None),
        label=values.pop("label", "Port area"),
        kind=values.pop("kind", "choice"),
        choices=values.pop("choices", ["North", "South"]),
        version=values.pop("version", None),
    )


def test_a_calendar_keeps_its_exceptions(cast):
    day_off = {"first": "2026-05-17", "last": "2026-05-17", "intervals": [], "name": "Feast"}

    row = calendar(cast, exceptions=[day_off])

    saved = Calendar.objects.get(pk=row.pk)
    assert (saved.week, saved.exceptions, saved.is_default) == (WEEK, [day_off], True)


def test_a_new_default_calendar_takes_the_place_of_the_old_one(cast):
    first = calendar(cast)

    second = calendar(cast, name="Summer")

    assert Calendar.objects.get(office=cast.office, is_default=True) == second
    change = AuditEvent.objects.get(
        object_type="calendar",
        object_id=first.pk,
        after__has_key="is_default",
        action="calendar.update",
    )
    assert change.after == {"is_default": False}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"week": [[[720, 480]]] * 7}, "week"),
        ({"week": [[[480, 1500]]] * 7}, "week"),
        ({"exceptions": [{"first": "never", "last": "never", "intervals": []}]}, "week"),
        ({"name": " "}, "name"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(cast, values, field):
    with pytest.raises(Invalid) as refused:
        calendar(cast, **values)

    assert field in refused.value.fields
    assert not Calendar.objects.exists()


def test_calendars_of_an_office_have_different_names(cast):
    calendar(cast)

    with pytest.raises(Invalid, match="already a calendar with this name"):
        calendar(cast, is_default=False)

    assert Calendar.objects.count() == 1


def test_a_stale_calendar_is_refused(cast):
    row = calendar(cast)
    calendar(cast, calendar=row, name="Harbour", version=1)

    with pytest.raises(Conflict):
        calendar(cast, calendar=Calendar.objects.get(pk=row.pk), name="Quay", version=1)

    assert Calendar.objects.get().name == "Harbour"


@pytest.mark.parametrize("who", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_only_the_office_keeps_calendars_and_fields(cast, who):
    with pytest.raises(NotAllowed):
        calendar(cast, by=cast.people[who].actor())
    with pytest.raises(NotAllowed):
        custom_field(cast, by=cast.people[who].actor())

    assert not Calendar.objects.exists()
    assert not CustomField.objects.exists()


def test_a_currency_is_added_and_renamed_with_a_trace(cast):
    actor = cast.femi.actor()

    save_currency(actor=actor, code=" jpy ", name="Yen", minor_units=0)
    save_currency(actor=actor, code="JPY", name="Japanese yen", minor_units=0)
    save_currency(actor=actor, code="JPY", name="Japanese yen", minor_units=0)

    assert Currency.objects.get(pk="JPY").name == "Japanese yen"
    events = AuditEvent.objects.filter(object_type="currency").order_by("pk")
    assert [(event.action, event.object_label, event.before, event.after) for event in events] == [
        ("currency.create", "JPY", {}, {"code": "JPY", "name": "Yen", "minor_units": 0}),
        ("currency.update", "JPY", {"name": "Yen"}, {"name": "Japanese yen"}),
    ]
    assert {event.actor for event in events} == {cast.femi}


def test_a_system_administrator_keeps_the_currencies(cast):
    una = create_user(
        actor=SYSTEM,
        email="una@example.org",
        full_name="Una Root",
        password="a-quay-with-no-name",
        is_system_admin=True,
    )

    save_currency(actor=una.actor(), code="NOK", name="Krone", minor_units=2)

    assert Currency.objects.filter(pk="NOK").exists()


@pytest.mark.parametrize(
    ("code", "name", "minor_units", "field"),
    [
        ("EURO", "Euro", 2, "code"),
        ("E1R", "Euro", 2, "code"),
        ("ÉUR", "Euro", 2, "code"),
        ("NOK", " ", 2, "name"),
        ("NOK", "Krone", 5, "minor_units"),
    ],
)
def test_a_currency_that_cannot_be_is_refused(cast, code, name, minor_units, field):
    with pytest.raises(Invalid) as refused:
        save_currency(actor=cast.femi.actor(), code=code, name=name, minor_units=minor_units)

    assert list(refused.value.fields) == [field]
    assert Currency.objects.count() == 1
    assert not AuditEvent.objects.filter(object_type="currency").exists()


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "sam", "tess", "otto", "nia"])
def test_only_finance_keeps_the_currencies(cast, who):
    with pytest.raises(NotAllowed):
        save_currency(actor=cast.people[who].actor(), code="EUR", name="Mine", minor_units=2)

    assert Currency.objects.get(pk="EUR").name == "Euro"


def test_a_field_takes_its_key_from_its_label_and_keeps_it(cast):
    row = custom_field(cast, choices=[" North ", "", "South"])
    custom_field(cast, field=row, label="Area", choices=["North"], version=1)

    saved = CustomField.objects.get()
    assert (saved.key, saved.label, saved.choices) == ("port_area", "Area", ["North"])


@pytest.mark.parametrize(
    ("values", "field"),
    [({"choices": [" "]}, "choices"), ({"label": " "}, "label"), ({"kind": "colour"}, "kind")],
)
def test_a_field_that_cannot_be_is_refused(cast, values, field):
    with pytest.raises(Invalid) as refused:
        custom_field(cast, **values)

    assert field in refused.value.fields
    assert not CustomField.objects.exists()


def test_a_field_never_changes_its_kind(cast):
    row = custom_field(cast)

    with pytest.raises(Invalid) as refused:
        custom_field(cast, field=row, kind="text")

    assert list(refused.value.fields) == ["kind"]
    assert CustomField.objects.get().kind == "choice"


def test_two_fields_of_an_office_have_different_keys(cast):
    custom_field(cast)

    with pytest.raises(Invalid, match="already a field with this key"):
        custom_field(cast, label="Port Area")

    assert CustomField.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", "  quay 4 ", "quay 4"),
        ("text", 17, "17"),
        ("number", "1,250.5", 1250.5),
        ("number", "-3", -3.0),
        ("number", "0", 0.0),
        ("date", "2026-11-30", "2026-11-30"),
        ("yes_no", "Yes", True),
        ("yes_no", True, True),
        ("yes_no", "0", False),
        ("yes_no", False, False),
        ("choice", "North", "North"),
    ],
)
def test_a_value_is_kept_in_the_kind_of_its_field(cast, kind, typed, kept):
    field = custom_field(cast, kind=kind)

    assert clean_custom({field.key: field}, {field.key: typed}) == {field.key: kept}


@pytest.mark.parametrize("kind", CustomField.Kind.values)
@pytest.mark.parametrize("typed", ["", "   ", None])
def test_an_empty_value_is_left_out(cast, kind, typed):
    field = custom_field(cast, kind=kind)

    assert clean_custom({field.key: field}, {field.key: typed}) == {}


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "twelve"),
        ("number", "nan"),
        ("number", "1e400"),
        ("date", "30.11.2026"),
        ("date", "2026-02-30"),
        ("yes_no", "perhaps"),
        ("choice", "West"),
    ],
)
def test_a_value_of_another_kind_names_its_field(cast, kind, typed):
    field = custom_field(cast, kind=kind)

    with pytest.raises(Invalid) as refused:
        clean_custom({field.key: field}, {field.key: typed})

    assert list(refused.value.fields) == ["custom.port_area"]
    assert "Port area: " in refused.value.fields["custom.port_area"]


def test_a_value_without_a_field_is_refused(cast):
    with pytest.raises(Invalid) as refused:
        clean_custom({}, {"ghost": "boo"})

    assert refused.value.fields == {"custom.ghost": "There is no such field."}
