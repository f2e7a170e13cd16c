# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.core.checks import Tags, register


class CoreConfig(AppConfig):
    name = "pilothouse.foundation.core"
    label = "core"

    def ready(self) -> None:
        from pilothouse.foundation.core import checks

        for check in checks.ALWAYS:
            register(check, Tags.security)
        for check in checks.WITH_DATABASE:
            register(check, Tags.database)
