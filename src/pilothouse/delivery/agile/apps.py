# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class AgileConfig(AppConfig):
    name = "pilothouse.delivery.agile"
    label = "agile"

    def ready(self) -> None:
        from pilothouse.delivery.agile.queries import hanging
        from pilothouse.delivery.planning.queries import install_hanging

        install_hanging(hanging)
