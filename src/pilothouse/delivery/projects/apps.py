# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "pilothouse.delivery.projects"
    label = "projects"
