# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.core.checks import Tags, register


class AccountsConfig(AppConfig):
    name = "pilothouse.foundation.accounts"
    label = "accounts"

    def ready(self) -> None:
        from pilothouse.foundation.accounts.checks import check_leaked_passwords

        register(check_leaked_passwords, Tags.security)
