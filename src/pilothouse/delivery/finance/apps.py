# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "pilothouse.delivery.finance"
    label = "finance"

    def ready(self) -> None:
        from pilothouse.delivery.finance.queries.held import held_values
        from pilothouse.delivery.finance.services.ledger_uploads import take_held_file
        from pilothouse.delivery.projects.queries import install_held_values
        from pilothouse.foundation.scanning.models import IncomingFile
        from pilothouse.foundation.scanning.services import install_release

        install_held_values(held_values)
        install_release(IncomingFile.Door.LEDGER, take_held_file)
