# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "pilothouse.foundation.organisation"
    label = "organisation"

    def ready(self) -> None:
        from pilothouse.foundation.accounts.queries import FactorRules, install_factor_rules
        from pilothouse.foundation.organisation.second_factor import askers, due

        install_factor_rules(FactorRules(due, askers))
