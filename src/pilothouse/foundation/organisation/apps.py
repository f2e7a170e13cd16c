# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "pilothouse.foundation.organisation"
    label = "organisation"
