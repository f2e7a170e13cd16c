# SPDX-License-Identifier: Apache-2.0
"""/notices/: what one is told, and by which way. /outbox/: mails where no server is set."""

from django.urls import path

from pilothouse.foundation.notifications import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.notices, name="list"),
    path("notices/<int:notice_id>/", views.go, name="go"),
    path("notices/read/", views.read, name="read"),
    path("notices/preferences/", views.preferences, name="preferences"),
    path("notices/links/end/", views.end_own_links, name="links-end"),
    path("do/<str:token>/", views.do, name="do"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<str:name>/", views.outbox_mail, name="mail"),
]
