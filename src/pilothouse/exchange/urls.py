# SPDX-License-Identifier: Apache-2.0
"""/imports/: tables of projects from upload to undo, and published portfolios."""

from django.urls import path

from pilothouse.exchange.views import backlog, budget, imports, published, week

app_name = "exchange"
urlpatterns = [
    path("", imports.imports, name="imports"),
    path("new/", imports.import_new, name="import-new"),
    path("template/<int:office_id>/<slug:kind>/", imports.template, name="template"),
    path("published/", published.published, name="published"),
    path("published/<int:file_id>/", published.published_year, name="published-year"),
    path("backlog/<int:project_id>/", backlog.read, name="backlog-read"),
    path("backlog/<int:project_id>/table/", backlog.look, name="backlog-table"),
    path("backlog/<int:project_id>/table/leave/", backlog.leave, name="backlog-leave"),
    path("budget/<int:budget_id>/", budget.read, name="budget-read"),
    path("week/sheet/", week.sheet, name="week-sheet"),
    path("week/read/", week.read, name="week-read"),
    path("week/<int:project_id>/<int:person_id>/sheet/", week.sheet_of, name="week-sheet-of"),
    path("week/<int:project_id>/<int:person_id>/read/", week.read_of, name="week-read-of"),
    path("<int:job_id>/", imports.show, name="import"),
    path("<int:job_id>/columns/", imports.columns, name="import-columns"),
    path("<int:job_id>/apply/", imports.apply, name="import-apply"),
    path("<int:job_id>/undo/", imports.undo, name="import-undo"),
    path("<int:job_id>/discard/", imports.discard, name="import-discard"),
    path("<int:job_id>/problems/", imports.problems, name="import-problems"),
]
