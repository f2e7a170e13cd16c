# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class SimulationsConfig(AppConfig):
    name = "pilothouse.delivery.simulations"
    label = "simulations"
