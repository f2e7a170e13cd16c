# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "pilothouse.exchange"
    label = "exchange"
