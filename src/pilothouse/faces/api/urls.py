# SPDX-License-Identifier: Apache-2.0
"""/api/v1/: the endpoints, their description, and a proper answer to everything else."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, include, path

from pilothouse.faces.api import views
from pilothouse.faces.api.api import api

app_name = "api"

endpoints = [
    pattern
    for pattern in api.urls[0]
    if isinstance(pattern, URLPattern) and pattern.name != "api-root"
]
for pattern in endpoints:
    # Who asks is settled by the API's own proof, a token or the session, never by a redirect.
    login_not_required(pattern.callback)

urlpatterns = [
    path("v1/docs", views.docs, name="docs"),
    path("v1/openapi.json", views.openapi, name="openapi"),
    path("v1/", include((endpoints, "v1"))),
    path("", views.unknown, name="unknown"),
    path("<path:rest>", views.unknown, name="unknown-below"),
]
