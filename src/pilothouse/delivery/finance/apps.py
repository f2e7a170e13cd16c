# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "pilothouse.delivery.finance"
    label = "finance"
