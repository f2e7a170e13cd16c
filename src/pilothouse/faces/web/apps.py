# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "pilothouse.faces.web"
    label = "web"

    def ready(self) -> None:
        from pilothouse.foundation.core.events import install
        from pilothouse.reactions import TABLE

        install(TABLE)
