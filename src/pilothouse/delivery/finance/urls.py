# SPDX-License-Identifier: Apache-2.0
"""/money/: budgets, orders, the ledger and the finance desk."""

from django.urls import path

from pilothouse.delivery.finance.views import (
    accruals,
    cases,
    desk,
    forecasts,
    orders,
    rates,
    tellings,
)

app_name = "finance"
DESK = "desk/<int:office_id>/"
urlpatterns = [
    path("<int:project_id>/forecast/", forecasts.forecasts, name="forecasts"),
    path("<int:project_id>/forecast/begin/", forecasts.begin, name="forecast-begin"),
    path("forecasts/<int:forecast_id>/", forecasts.forecast, name="forecast"),
    path("forecasts/<int:forecast_id>/lines/", forecasts.lines, name="forecast-lines"),
    path("forecasts/<int:forecast_id>/paste/", forecasts.paste, name="forecast-paste"),
    path("forecasts/<int:forecast_id>/step/", forecasts.step, name="forecast-step"),
    path(DESK, desk.periods, name="periods"),
    path(DESK + "years/new/", desk.year_open, name="year-open"),
    path(DESK + "policy/", desk.policy, name="policy"),
    path(DESK + "exchange/", rates.exchange, name="exchange"),
    path(DESK + "exchange/new/", rates.exchange_new, name="exchange-new"),
    path(DESK + "exchange/paste/", rates.exchange_paste, name="exchange-paste"),
    path(DESK + "costs/", rates.cost_rates, name="cost-rates"),
    path(DESK + "costs/new/", rates.cost_rate_new, name="cost-rate-new"),
    path(DESK + "accounts/", tellings.account_rules, name="account-rules"),
    path(DESK + "accounts/new/", tellings.account_rule_new, name="account-rule-new"),
    path(DESK + "codes/", tellings.code_rules, name="code-rules"),
    path(DESK + "codes/new/", tellings.code_rule_new, name="code-rule-new"),
    path("periods/<int:period_id>/close/", desk.period_close, name="period-close"),
    path("periods/<int:period_id>/reopen/", desk.period_reopen, name="period-reopen"),
    path("exchange/<int:rate_id>/void/", rates.exchange_void, name="exchange-void"),
    path("costs/<int:cost_rate_id>/end/", rates.cost_rate_end, name="cost-rate-end"),
    path("costs/<int:cost_rate_id>/void/", rates.cost_rate_void, name="cost-rate-void"),
    path("accounts/<int:account_rule_id>/", tellings.account_rule, name="account-rule"),
    path(
        "accounts/<int:account_rule_id>/void/",
        tellings.account_rule_void,
        name="account-rule-void",
    ),
    path("codes/<int:code_rule_id>/", tellings.code_rule, name="code-rule"),
    path("codes/<int:code_rule_id>/void/", tellings.code_rule_void, name="code-rule-void"),
    path("<int:project_id>/orders/", orders.orders, name="orders"),
    path("<int:project_id>/orders/new/", orders.order_new, name="order-new"),
    path("orders/<int:order_id>/", orders.order, name="order"),
    path("orders/<int:order_id>/lines/", orders.order_lines, name="order-lines"),
    path("orders/<int:order_id>/receive/", orders.order_receive, name="order-receive"),
    path("orders/<int:order_id>/close/", orders.order_close, name="order-close"),
    path("orders/<int:order_id>/cancel/", orders.order_cancel, name="order-cancel"),
    path("<int:project_id>/accruals/", accruals.accruals, name="accruals"),
    path("<int:project_id>/accruals/new/", accruals.accrual_new, name="accrual-new"),
    path("accruals/<int:accrual_id>/post/", accruals.accrual_post, name="accrual-post"),
    path("accruals/<int:accrual_id>/reject/", accruals.accrual_reject, name="accrual-reject"),
    path("<int:project_id>/case/", cases.show, name="case"),
    path("<int:project_id>/case/draft/", cases.draft, name="case-draft"),
    path("<int:project_id>/case/expected/", cases.expect, name="case-expect"),
    path("cases/<int:case_id>/submit/", cases.submit, name="case-submit"),
    path("cases/<int:waiting_case_id>/approve/", cases.approve, name="case-approve"),
    path("cases/<int:waiting_case_id>/reject/", cases.reject, name="case-reject"),
    path("cases/<int:case_id>/withdraw/", cases.withdraw, name="case-withdraw"),
]
