# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "pilothouse.delivery.planning"
    label = "planning"
