# SPDX-License-Identifier: Apache-2.0
"""/office/: units and settings."""

from django.urls import path

from pilothouse.foundation.organisation.views import second_factor, settings, units

app_name = "organisation"
urlpatterns = [
    path("units/", units.units, name="units"),
    path("units/new/", units.unit_new, name="unit-new"),
    path("units/<int:unit_id>/", units.unit, name="unit"),
    path("units/<int:unit_id>/edit/", units.unit_edit, name="unit-edit"),
    path("units/<int:unit_id>/move/", units.unit_move, name="unit-move"),
    path("settings/", settings.settings, name="settings"),
    path("settings/time-zone/", settings.time_zone, name="time-zone"),
    path("settings/currencies/new/", settings.currency_new, name="currency-new"),
    path("settings/currencies/<slug:code>/", settings.currency_edit, name="currency-edit"),
    path("settings/calendars/<int:calendar_id>/", settings.calendar_edit, name="calendar-edit"),
    path("settings/<int:office_id>/calendars/new/", settings.calendar_new, name="calendar-new"),
    path("settings/<int:office_id>/fields/new/", settings.field_new, name="field-new"),
    path("settings/<int:office_id>/fields/<int:field_id>/", settings.field_edit, name="field-edit"),
    path("settings/<int:office_id>/attribution/", settings.attribution, name="attribution"),
    path(
        "settings/second-factor/", second_factor.installation_rule, name="second-factor-everybody"
    ),
    path(
        "settings/second-factor/people/",
        second_factor.installation_people,
        name="second-factor-everybody-people",
    ),
    path(
        "settings/<int:office_id>/second-factor/", second_factor.office_rule, name="second-factor"
    ),
    path(
        "settings/<int:office_id>/second-factor/people/",
        second_factor.office_people,
        name="second-factor-people",
    ),
]
