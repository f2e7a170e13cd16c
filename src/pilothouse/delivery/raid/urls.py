# SPDX-License-Identifier: Apache-2.0
"""/raid/: risks, issues, assumptions, decisions and actions."""

from django.urls import path

from pilothouse.delivery.raid.views import around, entry, heat, register, scales

app_name = "raid"
urlpatterns = [
    path("", register.every, name="list"),
    path("export/<slug:kind>/", register.export, name="export"),
    path("projects/<int:project_id>/", register.of_project, name="project"),
    path("programmes/<int:programme_id>/", register.of_programme, name="programme"),
    path("portfolios/<int:portfolio_id>/", register.of_portfolio, name="portfolio"),
    path("projects/<int:project_id>/heat/", heat.of_project, name="project-heat"),
    path("programmes/<int:programme_id>/heat/", heat.of_programme, name="programme-heat"),
    path("portfolios/<int:portfolio_id>/heat/", heat.of_portfolio, name="portfolio-heat"),
    path("offices/<int:office_id>/scales/", scales.scales, name="scales"),
    path("offices/<int:office_id>/scales/new/", scales.scales_new, name="scales-new"),
    path("entries/<int:entry_id>/", entry.one, name="entry"),
    path("entries/<int:entry_id>/edit/", entry.edit, name="edit"),
    path("entries/<int:entry_id>/rate/<slug:aspect>/", entry.rate, name="rate"),
    path("entries/<int:entry_id>/step/<slug:step>/", entry.step, name="step"),
    path("entries/<int:entry_id>/void/", entry.void, name="void"),
    path("entries/<int:entry_id>/note/", around.note, name="note"),
    path("entries/<int:entry_id>/respond/", around.respond, name="respond"),
    path("entries/<int:entry_id>/link/", around.link, name="link"),
    path("entries/<int:entry_id>/links/<int:link_id>/", around.unlink, name="unlink"),
    path("entries/<int:entry_id>/escalate/", around.go_up, name="escalate"),
    path("entries/<int:entry_id>/withdraw/", around.withdraw, name="withdraw"),
    path("entries/<int:entry_id>/answer/", around.answer, name="answer"),
    path("entries/<int:entry_id>/hand-back/", around.back, name="hand-back"),
]
