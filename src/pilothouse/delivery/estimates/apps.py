# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class EstimatesConfig(AppConfig):
    name = "pilothouse.delivery.estimates"
    label = "estimates"
