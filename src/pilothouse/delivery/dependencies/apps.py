# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class DependenciesConfig(AppConfig):
    name = "pilothouse.delivery.dependencies"
    label = "dependencies"

    def ready(self) -> None:
        from pilothouse.delivery.dependencies.queries import hanging
        from pilothouse.delivery.dependencies.services import topics
        from pilothouse.delivery.planning.queries import install_hanging
        from pilothouse.foundation.notifications.topics import install_topics

        install_hanging(hanging)
        install_topics(topics())
