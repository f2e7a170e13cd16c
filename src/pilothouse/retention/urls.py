# SPDX-License-Identifier: Apache-2.0
"""/office/settings/retention/: how long an office keeps what, and what is under a legal hold."""

from django.urls import path

from pilothouse.retention import views

app_name = "retention"
urlpatterns = [
    path("", views.offices, name="offices"),
    path("<int:office_id>/", views.office, name="office"),
    path("<int:office_id>/rules/<slug:data>/", views.rule, name="rule"),
    path("<int:office_id>/holds/new/", views.hold_new, name="hold-new"),
    path("holds/<int:hold_id>/release/", views.hold_release, name="hold-release"),
]
