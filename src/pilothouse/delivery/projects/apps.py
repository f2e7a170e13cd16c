# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "pilothouse.delivery.projects"
    label = "projects"

    def ready(self) -> None:
        from pilothouse.delivery.projects.people import own_roles
        from pilothouse.foundation.accounts.queries import install_own_roles

        install_own_roles(own_roles)
