# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "pilothouse.delivery.progress"
    label = "progress"
