# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class CliConfig(AppConfig):
    name = "pilothouse.faces.cli"
    label = "cli"
