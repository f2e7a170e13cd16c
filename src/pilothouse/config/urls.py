# SPDX-License-Identifier: Apache-2.0
"""Every address of the product, by prefix."""

from django.urls import URLResolver, include, path
from django.urls.resolvers import RoutePattern


class OnDemand(URLResolver):
    """A table of addresses that is read when somebody first asks for one of them.

    The API makes a model of each possible answer, which takes longer than all else at the start.
    """

    def _populate(self) -> None:
        """Of a table that is not read yet, no address is known by name from above."""
        if "urlconf_module" in self.__dict__:
            super()._populate()


urlpatterns = [
    OnDemand(RoutePattern("api/"), "pilothouse.faces.api.urls", app_name="api", namespace="api"),
    path("account/", include("pilothouse.foundation.accounts.urls")),
    path("office/settings/retention/", include("pilothouse.retention.urls")),
    path("office/", include("pilothouse.foundation.organisation.urls")),
    path("files/", include("pilothouse.foundation.scanning.urls")),
    path("", include("pilothouse.foundation.notifications.urls")),
    path("register/", include("pilothouse.delivery.projects.urls")),
    path("imports/", include("pilothouse.exchange.urls")),
    path("plans/", include("pilothouse.delivery.planning.urls")),
    path("", include("pilothouse.delivery.progress.urls")),
    path("", include("pilothouse.delivery.dependencies.urls")),
    path("", include("pilothouse.delivery.estimates.urls")),
    path("agile/", include("pilothouse.delivery.agile.urls")),
    path("money/", include("pilothouse.delivery.finance.urls")),
    path("raid/", include("pilothouse.delivery.raid.urls")),
    path("performance/", include("pilothouse.direction.performance.urls")),
    path("", include("pilothouse.direction.portfolio.urls")),
    path("", include("pilothouse.faces.web.urls")),
]

handler400 = "pilothouse.faces.web.views.bad_request"
handler404 = "pilothouse.faces.web.views.not_found"
handler500 = "pilothouse.faces.web.views.server_error"
