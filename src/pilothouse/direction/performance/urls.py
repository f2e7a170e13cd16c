# SPDX-License-Identifier: Apache-2.0
"""/performance/: earned value, rolled-up health, thresholds."""

from django.urls import path

from pilothouse.direction.performance import views
from pilothouse.direction.performance.views import earned

app_name = "performance"
urlpatterns = [
    path("projects/<int:project_id>/earned-value/", earned.project, name="earned-value"),
    path(
        "projects/<int:project_id>/earned-value/export/<slug:kind>/",
        earned.export,
        name="earned-value-export",
    ),
    path("projects/<int:project_id>/measure/", earned.measure, name="measure"),
    path("portfolios/<int:portfolio_id>/earned-value/", earned.portfolio, name="portfolio-value"),
    path("programmes/<int:programme_id>/earned-value/", earned.programme, name="programme-value"),
    path("portfolios/<int:portfolio_id>/", views.portfolio, name="portfolio"),
    path("programmes/<int:programme_id>/", views.programme, name="programme"),
    path("thresholds/<int:office_id>/", views.thresholds, name="thresholds"),
    path("thresholds/<int:office_id>/new/", views.thresholds_new, name="thresholds-new"),
]
