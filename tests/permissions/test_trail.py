# SPDX-License-Identifier: Apache-2.0
"""Every address that changes something leaves one entry in the audit trail, with the change."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager

import pytest
import walking
from django.db import connection

from pilothouse.foundation.core.models import AuditEvent

PEOPLE, TABLE = walking.read_table()
pytestmark = pytest.mark.django_db
CHANGING = [line for line in TABLE if line.method != "GET"]
TARGET = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"(\w+)"', re.IGNORECASE)

CHANGED = {
    "POST organisation:unit-edit": {"name": "Renamed"},
    "POST organisation:currency-edit": {"name": "Renamed"},
    "POST organisation:calendar-edit": {"name": "Renamed"},
    "POST retention:rule": {"seen": "24", "step": "set"},
    "POST organisation:field-edit": {"label": "Renamed"},
    "POST projects:portfolio-edit": {"name": "Renamed"},
    "POST projects:programme-edit": {"name": "Renamed"},
    "POST progress:rhythm": {"by_mail": "on"},
    "POST progress:office": {"hour": "7"},
    "POST projects:workstream-edit": {"name": "Renamed"},
    "POST projects:objective-edit": {"title": "Renamed"},
    "POST finance:account-rule": {"nature": "capex"},
    "POST finance:code-rule": {"wbs": "1.9"},
    "POST raid:edit": {"title": "Renamed"},
    "POST finance:budget-header": {"name": "Renamed"},
    "POST finance:budget-lines": {"text0": "Renamed"},
    "POST finance:funding-edit": {"gate": "Renamed"},
}
"""What is typed over a form that would else be sent as it stands and change nothing."""

WITHOUT = {
    "POST exchange:import-columns": "the same check once more; its rows are made afresh",
    "POST portfolio:columns": "a setting of one's own list",
    "POST portfolio:view-default": "a setting of one's own list",
    "POST planning:import": "the file waits; what becomes of the plan is noted when it is accepted",
    "POST planning:arrival-leave": "the file goes, and the plan is as it was",
    "POST exchange:backlog-leave": "the table goes, and the backlog is as it was",
    "POST api:try_ledger_batch": "all of it is taken back",
    "POST planning:look": "how one likes to see schedules",
    "POST web:theme": "a setting of one's own pages",
    "POST notices:go": "what one has read oneself",
    "POST notices:read": "what one has read oneself",
    "POST api:mark_notices_read": "the same",
    "POST notices:preferences": "how one likes to be told",
    "PATCH api:update_notice_preferences": "the same",
    "PATCH api:update_preferences": "a setting of one's own pages",
}
"""Lines that write and leave no entry, each with its reason."""

APPROVED_BASELINE = ["baseline.superseded", "baseline.approved", "project.update"]
SEVERAL = {
    "POST projects:person-invite": ["user.create", "membership.set", "user.invite"],
    "POST progress:week-of": ["progress.report", "plan.edit"],
    "POST progress:decide": ["plan.edit", "progress.confirm"],
    "POST api:confirm_updates": ["plan.edit", "progress.confirm"],
    "POST api:invite_person": ["user.create", "membership.set", "user.invite"],
    "POST raid:respond": ["action.create", "risk.link"],
    "POST api:create_risk_response": ["action.create", "risk.link"],
    "POST raid:answer": ["escalation.accepted", "issue.lift"],
    "POST api:answer_register_escalation": ["escalation.accepted", "issue.lift"],
    "POST planning:sandbox-adopt": ["plan.edit", "sandbox.adopted"],
    "POST api:adopt_sandbox": ["plan.edit", "sandbox.adopted"],
    "POST estimates:accept": ["plan.edit", "estimate.accept"],
    "POST api:accept_estimate": ["plan.edit", "estimate.accept"],
    "POST finance:ledger-file": ["ledgermapping.create", "ledgerupload.update"],
    "POST finance:ledger-commit": ["ledgerbatch.create", "ledgerupload.update"],
    "POST finance:correction-approve": ["ledgerbatch.create", "ledgercorrection.approved"],
    "POST api:approve_ledger_correction": ["ledgerbatch.create", "ledgercorrection.approved"],
    "POST agile:sprint-cancel": ["backlogitem.left_sprint", "sprint.cancel"],
    "POST api:cancel_sprint": ["backlogitem.left_sprint", "sprint.cancel"],
    "POST finance:order-new": ["commitment.create", "commitment.lines"],
    "POST api:create_order": ["commitment.create", "commitment.lines"],
    "POST planning:baseline-approve": APPROVED_BASELINE,
    "POST api:approve_baseline": APPROVED_BASELINE,
}
"""Lines that do several things, each of which has its entry."""

STILL = {
    "POST api:tell_plan_differences",
    "POST accounts:sign-in",
    "POST accounts:sign-in-code",
    "POST accounts:sign-out",
    "POST accounts:second-factor-move",
    "POST accounts:password-set",
    "POST organisation:unit-move",
    "POST organisation:attribution",
    "POST projects:programme-move",
    "POST projects:person-edit",
    "POST performance:thresholds-new",
    "POST api:move_programme",
    "POST api:move_unit",
    "POST api:preview_thresholds",
    "POST api:propose_crash",
    "POST progress:links-end",
    "POST notices:links-end",
    "POST progress:links-end-of",
    "POST api:end_my_links",
    "POST api:end_links_of_person",
}
"""Lines that write nothing as they are sent here: signing in and out is told in the security log, a link
that is void shows its page, a factor that is not there is not moved, a person or a move as it is already changes nothing, a preview is none, and where no mail went out no link is ended."""


@contextmanager
def watched():
    """Tables that were written, and those written where each statement commits itself."""
    tables, alone = Counter(), set()
    around = len(connection.atomic_blocks)

    def note(execute, sql, params, many, context):
        found = TARGET.match(sql)
        if found and found[1] not in walking.UNCOUNTED:
            tables[found[1]] += 1
            if len(connection.atomic_blocks) <= around:
                alone.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield tables, alone


def _by_whom(line: walking.Line) -> str | None:
    """The first of the people who may do what a line says."""
    signed_in = (name for name in PEOPLE if name != walking.NOBODY)
    return next((name for name in signed_in if line.expected[name] < 400), None)


@pytest.mark.parametrize("line", [line for line in CHANGING if _by_whom(line)], ids=str)
def test_every_change_leaves_one_entry_in_its_own_transaction(house, line):
    """R23."""
    url = walking.url_of(line, house.own)
    form = house.form(line, url) | CHANGED.get(str(line), {})
    with walking.taken_back():
        last = AuditEvent.objects.latest("pk").pk
        with watched() as (tables, alone):
            answer = walking.send(house.browser(_by_whom(line)), line, url, form)
        entries = AuditEvent.objects.filter(pk__gt=last).order_by("pk")
        told = list(entries.values_list("action", flat=True))

    assert answer.status_code < 400
    assert alone == set(), "these tables were written outside the transaction of the entry"
    changed = set(tables) - {"core_auditevent"}
    if str(line) in STILL:
        assert (changed, told) == (set(), [])
    elif str(line) in WITHOUT:
        assert changed
        assert told == []
    elif str(line) in SEVERAL:
        assert told == SEVERAL[str(line)]
    else:
        assert len(told) == 1, f"one entry, or a reason in one of the lists above: {told}"


def test_what_is_excused_stands_in_the_table():
    assert {*CHANGED, *WITHOUT, *SEVERAL, *STILL} <= {str(line) for line in CHANGING}
