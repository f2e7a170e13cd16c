# SPDX-License-Identifier: Apache-2.0
"""Every operation that changes a governed row asks for its version, and refuses a stale one."""

from __future__ import annotations

import json
import re

import pytest
import walking
from django.core.files.uploadedfile import SimpleUploadedFile

from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.faces.api.api import schema

_, TABLE = walking.read_table()
pytestmark = pytest.mark.django_db

NO_VERSION = {
    "create_view": "makes a view, or replaces the own one of this name",
    "update_view": "a saved view is nobody's record: the last change counts",
    "delete_view": "the same",
    "create_project": "makes a row",
    "create_workstream": "makes a row",
    "upload_table": "makes a row",
    "create_objective": "makes a row",
    "create_portfolio": "makes a row",
    "create_programme": "makes a row",
    "preview_thresholds": "changes nothing",
    "open_office": "makes a row",
    "remind_of_factor": "sends mails",
    "remind_all_of_factor": "sends mails",
    "name_first_director": "makes a row, once for each office",
    "create_unit": "makes a row",
    "save_currency": "a currency is a name of a public list",
    "create_calendar": "makes a row",
    "create_custom_field": "makes a row",
    "invite_person": "makes an account",
    "update_person": "an account is no governed row; every change is audited",
    "invite_again": "sends a mail",
    "set_person_active": "says what to be, not what to change",
    "create_assignment": "makes a row",
    "create_delegation": "makes a row",
    "place_legal_hold": "makes a row",
    "update_notice_preferences": "one's own taste",
    "mark_notices_read": "the same",
    "update_preferences": "one's own taste",
    "report_my_week": "makes rows; a later one replaces one that waits",
    "end_my_links": "says what to be, not what to change",
    "end_links_of_person": "the same",
    "confirm_updates": "an update is decided once; a second time is refused",
    "reject_updates": "the same",
    "ask_for_updates": "sends mails",
    "create_token": "makes a token",
    "revoke_token": "ends a token, however often",
    "tell_plan_differences": "writes nothing",
    "create_plan_feed": "makes a link",
    "end_plan_feed": "ends a link of one's own",
    "start_plan": "makes a plan where there is none",
    "create_baseline": "makes a row",
    "create_sandbox": "makes a row",
    "begin_forecast": "makes a row",
    "create_package_measure": "makes a row",
    "create_template": "makes a row",
    "use_template": "adds rows to the plan, which can be taken back",
    "edit_sandbox": "each step says what its author saw of the cell",
    "undo_sandbox_edit": "takes back the own edit, where nobody changed the same since",
    "redo_sandbox_edit": "the same",
    "pass_over_sandbox_edit": "the same as in the plan",
    "accept_levelling": "says which version of the plan was looked at",
    "clear_levelling": "the same",
    "accept_sandbox_levelling": "the same",
    "clear_sandbox_levelling": "the same",
    "propose_crash": "writes nothing",
    "crash_sandbox": "says which version of the sandbox was looked at",
    "fast_track_sandbox": "the same",
    "adopt_sandbox": "says which versions of plan and sandbox were looked at",
    "rebase_sandbox": "the same",
    "create_dependency": "makes a row",
    "create_register_entry": "makes a row",
    "set_raid_scales": "makes a row, and says from which one before",
    "create_risk_response": "makes a row",
    "create_register_note": "makes a row",
    "create_register_link": "makes a row",
    "remove_register_link": "takes a row away, once",
    "create_backlog": "makes a row, once for each project",
    "create_backlog_items": "makes rows",
    "update_backlog_items": "says what to be of many rows, not what to change",
    "order_backlog_item": "says where to be, beside which other item",
    "create_estimate": "makes a row",
    "open_fiscal_year": "makes rows",
    "create_exchange_rate": "makes a row",
    "import_exchange_rates": "makes rows",
    "create_cost_rate": "makes a row",
    "create_account_rule": "makes a row",
    "create_code_rule": "makes a row",
    "create_order": "makes a row",
    "propose_accrual": "makes a row",
    "create_ledger_batch": "makes a batch, once for each key",
    "try_ledger_batch": "writes nothing that stays",
    "map_ledger_waiting": "says where rows belong that still wait",
    "release_ledger_held": "the same of rows that are held",
    "propose_ledger_correction": "makes a row",
    "create_ledger_reconciliation": "makes a row",
    "create_budget": "makes a row",
    "create_funding_release": "makes a row",
    "create_draw": "makes a row",
    "create_sprint": "makes a row",
    "create_release": "makes a row",
    "move_on_board": "says from which column the card is taken",
    "limit_board_column": "one number that says what to be",
    "edit_tasks": "each step says what its author saw of the cell",
    "undo_last_edit": "takes back the own edit, where nobody changed the same since",
    "redo_last_edit": "the same",
    "pass_over_last_edit": "names the own edit by the version of the plan that it made",
}
"""Operations that write and ask for no version, each with its reason."""


def described() -> dict[str, dict]:
    return {
        operation["operationId"]: {**operation, "method": method.upper()}
        for methods in schema()["paths"].values()
        for method, operation in methods.items()
    }


def asks_for_version(operation: dict) -> bool:
    return any(part["name"] == "If-Match" for part in operation.get("parameters", ()))


VERSIONED = sorted(name for name, row in described().items() if asks_for_version(row))
# An import that is only uploaded can be neither applied nor undone, nobody of the cast keeps the
# whole installation, the sprint is only planned, a forecast of points needs closed ones, and that of
# cost is only a draft, as the budget is, and funding is proposed; their own tests ask for these.
ELSEWHERE = {
    *("submit_forecast", "endorse_forecast", "approve_forecast", "return_forecast"),
    *("endorse_budget", "approve_budget", "return_budget"),
    *("release_funding", "carry_funding_over"),
    *("close_sprint", "accept_forecast"),
    *("apply_import", "undo_import", "update_installation", "update_factor_rule_of_all"),
}
READY = sorted(set(VERSIONED) - ELSEWHERE)
# The first import of a plan is undone by leaving none.
GONE = {"remove_plan", "undo_plan"}


def test_every_operation_that_writes_asks_for_a_version_or_says_why_not():
    writes = {name for name, row in described().items() if row["method"] != "GET"}

    assert writes - set(VERSIONED) - set(NO_VERSION) == set()
    assert set(NO_VERSION) & set(VERSIONED) == set()
    assert set(NO_VERSION) - writes == set()


def test_what_asks_for_a_version_declares_both_refusals():
    for name in VERSIONED:
        assert {412, 428} <= set(map(int, described()[name]["responses"])), name


def ask(house, name: str, tag: str | None):
    """The operation as somebody who may do it, with this tag."""
    line = next(line for line in TABLE if line.address == f"api:{name}")
    who = next((person for person in house.people if line.expected[person] in (200, 201)), "piet")
    headers = {"If-Match": tag} if tag else {}
    url, client = walking.url_of(line, house.own), house.browser(who)
    if name == "upload_plan":
        file = SimpleUploadedFile("quay.xml", QUAY.encode())
        return client.post(url, {"file": file}, headers=headers)
    body = json.dumps(house.form(line, url))
    return client.generic(line.method, url, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("name", READY)
def test_without_a_version_and_with_a_stale_one_nothing_changes(house, name):
    for tag, status, code in (
        (None, 428, "api.if_match"),
        ('"v999"', 412, "core.stale"),
        ('"999"', 400, "api.if_match"),
    ):
        with walking.taken_back():
            before = walking.digest()
            answer = ask(house, name, tag)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert walking.digest() == before


@pytest.mark.parametrize("name", READY)
def test_with_the_version_that_was_read_it_is_done_and_the_next_one_told(house, name):
    with walking.taken_back():
        answer = ask(house, name, '"v1"')

    assert answer.status_code in {200, 201}, answer.content
    if name in GONE:
        assert "ETag" not in answer
    else:
        assert re.fullmatch(r'"v[1-9]\d*"', answer["ETag"])


READ_WITH = {
    "update_plan_calendar": "list_plan_calendars",
    "update_plan_options": "read_plan",
    "update_forecast_lines": "read_forecast",
    "update_variance_reasons": "read_forecast",
}
"""What is read with others of its kind, under the version of what they belong to."""
READ_IN_ROWS = {
    "update_funding_release": "read_funding",
    "update_package_measure": "list_package_measures",
}
"""What is read among others, each with its own version."""


def test_what_is_changed_by_its_version_is_read_with_it(house):
    """Whoever may change a row finds its version where it is read."""
    for line in TABLE:
        name = line.address.removeprefix("api:")
        if line.address not in walking.operations() or not name.startswith("update_"):
            continue
        if name not in VERSIONED or name == "update_factor_rule_of_all":
            continue
        reads = READ_IN_ROWS.get(name) or READ_WITH.get(name, f"read_{name[7:]}")
        read = next(row for row in TABLE if row.address == f"api:{reads}")
        with walking.taken_back():
            answer = walking.send(house.browser("ada"), read, walking.url_of(read, house.own), {})
        if name in READ_IN_ROWS:
            assert '"version": 1' in answer.content.decode().replace('":1', '": 1'), name
        else:
            assert answer["ETag"] == '"v1"', name
