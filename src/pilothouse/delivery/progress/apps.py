# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "pilothouse.delivery.progress"
    label = "progress"

    def ready(self) -> None:
        from pilothouse.delivery.planning.queries import install_hanging
        from pilothouse.delivery.progress.queries import hanging

        install_hanging(hanging)
