# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PerformanceConfig(AppConfig):
    name = "pilothouse.direction.performance"
    label = "performance"

    def ready(self) -> None:
        from pilothouse.delivery.finance.queries.published import install_published_costs
        from pilothouse.direction.performance.queries.published import published_costs

        install_published_costs(published_costs)
