# SPDX-License-Identifier: Apache-2.0
"""/register/: the tree, records, forms; people and roles."""

from django.urls import path

from pilothouse.delivery.projects.views import (
    containers,
    objectives,
    people,
    projects,
    register,
    start,
)

app_name = "projects"
urlpatterns = [
    path("", register.register, name="register"),
    path("portfolios/new/", containers.portfolio_new, name="portfolio-new"),
    path("portfolios/<int:portfolio_id>/", register.portfolio, name="portfolio"),
    path("portfolios/<int:portfolio_id>/edit/", containers.portfolio_edit, name="portfolio-edit"),
    path("portfolios/<int:portfolio_id>/move/", containers.portfolio_move, name="portfolio-move"),
    path(
        "portfolios/<int:portfolio_id>/state/<slug:target>/",
        containers.portfolio_state,
        name="portfolio-state",
    ),
    path("programmes/new/", containers.programme_new, name="programme-new"),
    path("programmes/<int:programme_id>/", register.programme, name="programme"),
    path("programmes/<int:programme_id>/edit/", containers.programme_edit, name="programme-edit"),
    path("programmes/<int:programme_id>/move/", containers.programme_move, name="programme-move"),
    path(
        "programmes/<int:programme_id>/state/<slug:target>/",
        containers.programme_state,
        name="programme-state",
    ),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<int:project_id>/", register.project, name="project"),
    path("projects/<int:project_id>/edit/", projects.project_edit, name="project-edit"),
    path("projects/<int:project_id>/move/", projects.project_move, name="project-move"),
    path(
        "projects/<int:project_id>/state/<slug:target>/",
        projects.project_state,
        name="project-state",
    ),
    path(
        "projects/<int:project_id>/workstreams/new/",
        projects.workstream_new,
        name="workstream-new",
    ),
    path("workstreams/<int:workstream_id>/edit/", projects.workstream_edit, name="workstream-edit"),
    path("workstreams/<int:workstream_id>/void/", projects.workstream_void, name="workstream-void"),
    path("objectives/", objectives.objectives, name="objectives"),
    path("objectives/<int:office_id>/new/", objectives.objective_new, name="objective-new"),
    path("objectives/<int:objective_id>/edit/", objectives.objective_edit, name="objective-edit"),
    path("objectives/<int:objective_id>/void/", objectives.objective_void, name="objective-void"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="person-invite"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/edit/", people.edit, name="person-edit"),
    path("people/<int:person_id>/invite/", people.invite_again, name="person-invite-again"),
    path("people/<int:person_id>/active/", people.set_active, name="person-active"),
    path(
        "people/<int:person_id>/second-factor/",
        people.remove_second_factor,
        name="person-second-factor",
    ),
    path("people/<int:person_id>/sessions/end/", people.end_sessions, name="person-sessions-end"),
    path("roles/new/", people.role_new, name="role-new"),
    path("roles/<int:assignment_id>/end/", people.role_end, name="role-end"),
    path("roles/matrix/", people.matrix, name="matrix"),
    path("delegations/new/", people.delegation_new, name="delegation-new"),
    path("delegations/<int:delegation_id>/end/", people.delegation_end, name="delegation-end"),
    path("start/", start.start, name="start"),
    path("start/organisation/", start.organisation, name="start-organisation"),
    path("start/director/<int:office_id>/", start.director, name="start-director"),
    path("welcome/", start.welcome, name="welcome"),
]
