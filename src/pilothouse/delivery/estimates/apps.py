# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class EstimatesConfig(AppConfig):
    name = "pilothouse.delivery.estimates"
    label = "estimates"

    def ready(self) -> None:
        from pilothouse.delivery.estimates.queries import hanging
        from pilothouse.delivery.planning.queries import install_hanging

        install_hanging(hanging)
