# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class AgileConfig(AppConfig):
    name = "pilothouse.delivery.agile"
    label = "agile"
