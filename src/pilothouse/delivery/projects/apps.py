# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "pilothouse.delivery.projects"
    label = "projects"

    def ready(self) -> None:
        from pilothouse.delivery.projects.people import own_roles
        from pilothouse.delivery.projects.rules import require_two_people_in_unit
        from pilothouse.foundation.accounts.queries import install_own_roles
        from pilothouse.foundation.organisation.services import install_move_check

        install_own_roles(own_roles)
        install_move_check(require_two_people_in_unit)
