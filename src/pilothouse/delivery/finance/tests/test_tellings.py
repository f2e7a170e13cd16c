# SPDX-License-Identifier: Apache-2.0
"""The rules by which accounts and codes of a ledger are read."""

import pytest

from pilothouse.delivery.finance.models import AccountRule, CodeRule
from pilothouse.delivery.finance.services.tellings import (
    save_account_rule,
    save_code_rule,
    void_rule,
)
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def account(cast, account="6*", who="femi", rule=None, version=None, **values):
    return save_account_rule(
        actor=cast.people[who].actor(),
        office=cast.office,
        rule=rule,
        values={"account": account, "category": "services", "nature": "opex"} | values,
        version=version,
    )


def code(cast, project, who="femi"):
    return save_code_rule(
        actor=cast.people[who].actor(),
        office=cast.office,
        rule=None,
        values={"code": "P-77", "project": project},
    )


def test_a_rule_of_an_account_is_kept_changed_and_void(cast):
    row = account(cast)
    row = account(cast, rule=row, version=1, nature="capex")
    assert (row.nature, row.version) == ("capex", 2)

    with pytest.raises(Conflict):
        account(cast, rule=row, version=1)
    void_rule(actor=cast.femi.actor(), rule=row, version=2, reason="Not used")
    with pytest.raises(Invalid, match="is void"):
        account(cast, rule=row, version=3)
    account(cast)
    assert AccountRule.objects.filter(voided=False).count() == 1


@pytest.mark.parametrize("text", ["", "  ", "6*1"])
def test_an_account_is_whole_or_a_beginning_with_a_star(cast, text):
    with pytest.raises(Invalid) as refused:
        account(cast, text)

    assert set(refused.value.fields) == {"account"}
    assert not AccountRule.objects.exists()


def test_an_account_has_one_rule(cast):
    account(cast)

    with pytest.raises(Invalid, match="already a rule for this account"):
        account(cast)

    assert AccountRule.objects.count() == 1


def test_a_code_means_a_project_of_the_office(cast):
    row = code(cast, cast.harbour)
    with pytest.raises(Invalid, match="Choose a project of this office"):
        code(cast, cast.foreign)

    void_rule(actor=cast.femi.actor(), rule=row, version=1, reason="Not used")
    assert CodeRule.objects.get().voided


@pytest.mark.parametrize("who", ["ada", "piet", "sam", "tess", "otto", "nia"])
def test_only_finance_keeps_the_rules(cast, who):
    row = account(cast)
    with pytest.raises(NotAllowed):
        account(cast, "7*", who)
    with pytest.raises(NotAllowed):
        code(cast, cast.harbour, who)
    with pytest.raises(NotAllowed):
        void_rule(actor=cast.people[who].actor(), rule=row, version=1, reason="x")

    assert AccountRule.objects.get().account == "6*"
    assert not CodeRule.objects.exists()
