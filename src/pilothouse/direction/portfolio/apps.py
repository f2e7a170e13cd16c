# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "pilothouse.direction.portfolio"
    label = "portfolio"
