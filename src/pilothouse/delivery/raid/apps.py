# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class RaidConfig(AppConfig):
    name = "pilothouse.delivery.raid"
    label = "raid"

    def ready(self) -> None:
        from pilothouse.delivery.raid.services.by_mail import acts
        from pilothouse.delivery.raid.services.news import topics
        from pilothouse.foundation.notifications.acts import install_act
        from pilothouse.foundation.notifications.topics import install_topics

        for group in topics():
            install_topics(group)
        for act in acts():
            install_act(act)
