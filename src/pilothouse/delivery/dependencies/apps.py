# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class DependenciesConfig(AppConfig):
    name = "pilothouse.delivery.dependencies"
    label = "dependencies"

    def ready(self) -> None:
        from pilothouse.delivery.dependencies.queries import hanging
        from pilothouse.delivery.planning.queries import install_hanging

        install_hanging(hanging)
