# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PerformanceConfig(AppConfig):
    name = "pilothouse.direction.performance"
    label = "performance"
