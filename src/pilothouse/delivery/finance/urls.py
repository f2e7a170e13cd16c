# SPDX-License-Identifier: Apache-2.0
"""/money/: budgets, orders, the ledger and the finance desk."""

from django.urls import URLPattern

app_name = "finance"
urlpatterns: list[URLPattern] = []
