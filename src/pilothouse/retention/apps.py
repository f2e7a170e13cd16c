# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "pilothouse.retention"
    label = "retention"
