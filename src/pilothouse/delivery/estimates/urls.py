# SPDX-License-Identifier: Apache-2.0
"""/estimates/ and /plans/…/estimates/: what work is estimated to take, and what it took."""

from django.urls import path

from pilothouse.delivery.estimates import views

app_name = "estimates"
urlpatterns = [
    path("estimates/office/<int:office_id>/", views.accuracy, name="accuracy"),
    path("estimates/<int:estimate_id>/", views.one, name="one"),
    path("estimates/<int:estimate_id>/accept/", views.accept, name="accept"),
    path("estimates/<int:estimate_id>/withdraw/", views.withdraw, name="withdraw"),
    path("plans/<int:project_id>/estimates/", views.of_project, name="project"),
    path("plans/<int:project_id>/estimates/new/", views.make, name="make"),
]
