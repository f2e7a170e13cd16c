# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "pilothouse.foundation.core"
    label = "core"
