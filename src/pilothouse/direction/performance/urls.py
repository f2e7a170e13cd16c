# SPDX-License-Identifier: Apache-2.0
"""/performance/: rolled-up health, thresholds."""

from django.urls import path

from pilothouse.direction.performance import views

app_name = "performance"
urlpatterns = [
    path("portfolios/<int:portfolio_id>/", views.portfolio, name="portfolio"),
    path("programmes/<int:programme_id>/", views.programme, name="programme"),
    path("thresholds/<int:office_id>/", views.thresholds, name="thresholds"),
    path("thresholds/<int:office_id>/new/", views.thresholds_new, name="thresholds-new"),
]
