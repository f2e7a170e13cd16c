# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class DependenciesConfig(AppConfig):
    name = "pilothouse.delivery.dependencies"
    label = "dependencies"
