# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "pilothouse.delivery.planning"
    label = "planning"

    def ready(self) -> None:
        from pilothouse.delivery.planning.queries import planned_ends
        from pilothouse.delivery.projects.queries import install_planned_ends

        install_planned_ends(planned_ends)
