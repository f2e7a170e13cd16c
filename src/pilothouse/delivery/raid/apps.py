# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class RaidConfig(AppConfig):
    name = "pilothouse.delivery.raid"
    label = "raid"
