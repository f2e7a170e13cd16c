# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "pilothouse.foundation.notifications"
    label = "notifications"

    def ready(self) -> None:
        from pilothouse.foundation.accounts.queries import install_unread
        from pilothouse.foundation.notifications.queries import unread_of

        install_unread(unread_of)
