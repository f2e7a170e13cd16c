# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "pilothouse.delivery.planning"
    label = "planning"

    def ready(self) -> None:
        from pilothouse.delivery.planning.queries import planned_ends
        from pilothouse.delivery.planning.services import import_held_plan
        from pilothouse.delivery.projects.queries import install_planned_ends
        from pilothouse.foundation.scanning.models import IncomingFile
        from pilothouse.foundation.scanning.services import install_release

        install_planned_ends(planned_ends)
        install_release(IncomingFile.Door.PLAN, import_held_plan)
