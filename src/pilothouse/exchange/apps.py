# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "pilothouse.exchange"
    label = "exchange"

    def ready(self) -> None:
        from pilothouse.delivery.finance.ledger_files import install_sheet_reader
        from pilothouse.delivery.planning.services import install_table_reader
        from pilothouse.exchange.sandbox import read_sheet
        from pilothouse.exchange.services import (
            receive_held_backlog,
            release_held_sheet,
            start_held_import,
            take_held_budget,
        )
        from pilothouse.foundation.scanning.models import IncomingFile
        from pilothouse.foundation.scanning.services import install_release

        install_table_reader(read_sheet)
        install_sheet_reader(read_sheet)
        install_release(IncomingFile.Door.TABLE, start_held_import)
        install_release(IncomingFile.Door.WEEK, release_held_sheet)
        install_release(IncomingFile.Door.BACKLOG, receive_held_backlog)
        install_release(IncomingFile.Door.BUDGET, take_held_budget)
