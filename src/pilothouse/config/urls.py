# SPDX-License-Identifier: Apache-2.0
"""Every address of the product, by prefix."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("pilothouse.faces.api.urls")),
    path("account/", include("pilothouse.foundation.accounts.urls")),
    path("office/", include("pilothouse.foundation.organisation.urls")),
    path("register/", include("pilothouse.delivery.projects.urls")),
    path("imports/", include("pilothouse.exchange.urls")),
    path("plans/", include("pilothouse.delivery.planning.urls")),
    path("performance/", include("pilothouse.direction.performance.urls")),
    path("", include("pilothouse.direction.portfolio.urls")),
    path("", include("pilothouse.faces.web.urls")),
]

handler400 = "pilothouse.faces.web.views.bad_request"
handler404 = "pilothouse.faces.web.views.not_found"
handler500 = "pilothouse.faces.web.views.server_error"
