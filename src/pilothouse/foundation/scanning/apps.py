# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.core.checks import Tags, register


class ScanningConfig(AppConfig):
    name = "pilothouse.foundation.scanning"
    label = "scanning"

    def ready(self) -> None:
        from pilothouse.foundation.scanning.checks import check_scanner

        register(check_scanner, Tags.security)
