# SPDX-License-Identifier: Apache-2.0
"""Every page there is: axe finds nothing, light and dark; nothing is refused; a phone fits it.

A new address needs an example in ``PAGES`` or a reason in ``NO_PAGES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from browsing import DESK, PHONE, axe_faults, overflow
from furnished import HALF_IN, Furnished

Example = Callable[[Furnished], tuple[object, ...]]


@dataclass(frozen=True)
class Page:
    """An example of an address: its arguments, what follows it, who looks, what is answered."""

    arguments: Example = lambda f: ()
    query: str = ""
    who: str = "ada"
    status: int = 200
    unfold: bool = True


UNFOLD = """() => {
    const folded = document.querySelectorAll("details:not([open])");
    folded.forEach((box) => { box.open = true; });
    return folded.length;
}"""


HARBOUR: Example = lambda f: (f.cast.harbour.pk,)  # noqa: E731
PORTFOLIO: Example = lambda f: (f.cast.portfolio.pk,)  # noqa: E731
PROGRAMME: Example = lambda f: (f.cast.programme.pk,)  # noqa: E731
OFFICE: Example = lambda f: (f.cast.office.pk,)  # noqa: E731
UNIT: Example = lambda f: (f.cast.unit.pk,)  # noqa: E731
PATTERN: Example = lambda f: (f.cast.harbour.pk, f.template.pk)  # noqa: E731
ASIDE: Example = lambda f: (f.cast.harbour.pk, f.sandbox.pk)  # noqa: E731
WAITING: Example = lambda f: (f.cast.harbour.pk, f.waiting.pk)  # noqa: E731
BOND: Example = lambda f: (f.bond.pk,)  # noqa: E731
TESS: Example = lambda f: (f.cast.tess.pk,)  # noqa: E731
ITEM: Example = lambda f: (f.item.pk,)  # noqa: E731
SPRINT: Example = lambda f: (f.sprint.pk,)  # noqa: E731
RELEASE: Example = lambda f: (f.release.pk,)  # noqa: E731
BUDGET: Example = lambda f: (f.budgets.draft.pk,)  # noqa: E731
DRAW: Example = lambda f: (f.budgets.draw.pk,)  # noqa: E731
PROPOSED: Example = lambda f: (f.budgets.proposed.pk,)  # noqa: E731
RELEASED: Example = lambda f: (f.budgets.released.pk,)  # noqa: E731
UNPLANNED: Example = lambda f: (f.unplanned.pk,)  # noqa: E731

PAGES: dict[str, list[Page]] = {
    "accounts:password-change": [Page()],
    "accounts:password-reset": [Page(who="")],
    "accounts:password-reset-sent": [Page(who="")],
    "accounts:password-set": [
        Page(lambda f: f.password_link, who=""),
        Page(lambda f: (f.password_link[0], "old-link"), who=""),
    ],
    "accounts:profile": [Page(), Page(who="otto")],
    "accounts:second-factor": [Page()],
    "accounts:session-end": [Page(lambda f: (f.session.pk,))],
    "accounts:sessions-end": [Page()],
    "accounts:sign-in": [Page(who="")],
    "accounts:sign-in-code": [Page(who=HALF_IN)],
    "agile:add": [Page(HARBOUR, who="piet")],
    "agile:backlog": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="tess", query="?show=all"),
        Page(HARBOUR, who="piet", query="?q=nothing+of+the+kind"),
        Page(UNPLANNED),
    ],
    "agile:begin": [Page(HARBOUR, who="piet")],
    "agile:board": [Page(HARBOUR, who="piet"), Page(HARBOUR, who="tess")],
    "agile:item": [Page(ITEM, who="piet")],
    "agile:item-edit": [Page(ITEM, who="piet"), Page(ITEM, who="tess")],
    "agile:release": [Page(RELEASE, who="piet"), Page(RELEASE)],
    "agile:release-edit": [Page(RELEASE, who="piet")],
    "agile:release-end": [Page(RELEASE, who="piet")],
    "agile:release-new": [Page(HARBOUR, who="piet")],
    "agile:releases": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="piet", query="?by=2030-01-07"),
    ],
    "agile:settings": [Page(HARBOUR, who="piet")],
    "agile:sprint": [Page(SPRINT, who="piet"), Page(lambda f: (f.over.pk,))],
    "agile:sprint-close": [Page(SPRINT, who="piet")],
    "agile:sprint-edit": [Page(SPRINT, who="piet")],
    "agile:sprint-new": [Page(HARBOUR, who="piet")],
    "agile:sprints": [Page(HARBOUR, who="piet"), Page(HARBOUR)],
    "api:docs": [Page(unfold=False)],
    "raid:list": [Page(), Page(query="?q=no+such+thing"), Page(who="otto")],
    "raid:project": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="piet", query="?kind=risk"),
        Page(HARBOUR, who="femi", query="?kind=issue"),
        Page(UNPLANNED),
    ],
    "raid:project-heat": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?aspect=residual&nature=opportunity"),
    ],
    "raid:programme-heat": [Page(PROGRAMME, query="?below=1")],
    "raid:portfolio-heat": [Page(PORTFOLIO, query="?below=1&since=2026-01-05")],
    "raid:scales": [Page(OFFICE), Page(OFFICE, who="piet")],
    "raid:scales-new": [Page(OFFICE)],
    "raid:programme": [Page(PROGRAMME, query="?below=1")],
    "raid:portfolio": [Page(PORTFOLIO)],
    "raid:entry": [
        Page(lambda f: (f.raid.risk.pk,), who="piet"),
        Page(lambda f: (f.raid.issue.pk,), who="piet"),
        Page(lambda f: (f.raid.waiting.pk,)),
        Page(lambda f: (f.raid.decision.pk,), who="piet"),
        Page(lambda f: (f.raid.action.pk,), who="piet"),
    ],
    "raid:edit": [
        Page(lambda f: (f.raid.risk.pk,), who="piet"),
        Page(lambda f: (f.raid.issue.pk,), who="piet"),
        Page(lambda f: (f.raid.assumption.pk,), who="piet"),
        Page(lambda f: (f.raid.decision.pk,), who="piet"),
        Page(lambda f: (f.raid.action.pk,), who="piet"),
    ],
    "raid:rate": [Page(lambda f: (f.raid.risk.pk, "residual"), who="piet")],
    "raid:step": [
        Page(lambda f: (f.raid.risk.pk, "occur"), who="piet"),
        Page(lambda f: (f.raid.decision.pk, "decide"), who="piet"),
        Page(lambda f: (f.raid.assumption.pk, "invalidate"), who="piet"),
    ],
    "raid:void": [Page(lambda f: (f.raid.draft.pk,), who="piet")],
    "raid:note": [Page(lambda f: (f.raid.risk.pk,), who="piet")],
    "raid:respond": [Page(lambda f: (f.raid.risk.pk,), who="piet")],
    "raid:link": [Page(lambda f: (f.raid.risk.pk,), who="piet")],
    "raid:unlink": [Page(lambda f: (f.raid.risk.pk, f.raid.link.pk), who="piet")],
    "raid:escalate": [Page(lambda f: (f.raid.risk.pk,), who="piet")],
    "raid:withdraw": [Page(lambda f: (f.raid.waiting.pk,), who="piet")],
    "raid:answer": [Page(lambda f: (f.raid.waiting.pk,))],
    "raid:hand-back": [Page(lambda f: (f.raid.lifted.pk,), who="vera")],
    "dependencies:dates": [Page(BOND, who="piet")],
    "dependencies:drive": [Page(BOND, who="piet")],
    "dependencies:list": [Page(), Page(query="?only=disputed"), Page(who="otto")],
    "dependencies:one": [Page(BOND), Page(BOND, who="piet")],
    "dependencies:project": [
        Page(HARBOUR, who="piet"),
        Page(lambda f: (f.unplanned.pk,)),
    ],
    "dependencies:propose": [Page(HARBOUR, who="piet")],
    "dependencies:step": [Page(lambda f: (f.bond.pk, "dispute"), who="piet")],
    "finance:money": [Page(HARBOUR), Page(HARBOUR, who="piet"), Page(UNPLANNED)],
    "finance:portfolio": [Page(PORTFOLIO), Page(PORTFOLIO, who="femi")],
    "finance:programme": [Page(lambda f: (f.cast.programme.pk,))],
    "finance:case": [Page(HARBOUR), Page(HARBOUR, who="piet"), Page(UNPLANNED)],
    "finance:case-draft": [Page(HARBOUR, who="piet")],
    "finance:case-expect": [Page(HARBOUR, who="piet")],
    "finance:case-approve": [Page(lambda f: (f.case.pk,), who="vera")],
    "finance:case-reject": [Page(lambda f: (f.case.pk,), who="vera")],
    "finance:case-withdraw": [Page(lambda f: (f.case.pk,), who="piet")],
    "estimates:accuracy": [Page(OFFICE), Page(OFFICE, who="piet")],
    "estimates:make": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="piet", query="?uid=2&method=three_point"),
        Page(HARBOUR, who="tess", query="?uid=2&method=parametric"),
        Page(HARBOUR, who="piet", query="?method=analogous"),
        Page(HARBOUR, who="piet", query="?method=reference_class"),
    ],
    "estimates:one": [Page(lambda f: (f.estimate.pk,), who="piet")],
    "estimates:project": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="tess", query="?show=all&task=2"),
        Page(UNPLANNED),
    ],
    "exchange:backlog-read": [Page(HARBOUR, who="piet")],
    "exchange:backlog-table": [Page(HARBOUR, who="piet")],
    "exchange:budget-read": [Page(BUDGET, who="piet")],
    "exchange:import": [
        Page(lambda f: (f.checked.pk,)),
        Page(lambda f: (f.checked.pk,), query="?show=problem"),
        Page(lambda f: (f.applied.pk,)),
    ],
    "exchange:import-columns": [Page(lambda f: (f.mapping.pk,))],
    "exchange:import-new": [Page()],
    "exchange:import-undo": [Page(lambda f: (f.applied.pk,))],
    "exchange:imports": [Page(), Page(who="otto")],
    "exchange:published": [Page(who="grace"), Page()],
    "exchange:published-year": [
        Page(lambda f: (f.published.pk,), who="grace"),
        Page(lambda f: (f.published.pk,), query="?show=notices", who="grace"),
    ],
    "finance:account-rule": [Page(lambda f: (f.desk.account.pk,), who="femi")],
    "finance:account-rule-new": [Page(OFFICE, who="femi")],
    "finance:account-rule-void": [Page(lambda f: (f.desk.account.pk,), who="femi")],
    "finance:account-rules": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:budget": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, "?version=3", who="piet"),
        Page(HARBOUR, who="femi"),
        Page(UNPLANNED),
    ],
    "finance:budget-approve": [Page(BUDGET, who="rosa")],
    "finance:budget-compare": [Page(HARBOUR, "?one=2&other=3", who="piet")],
    "finance:budget-endorse": [Page(BUDGET, who="femi")],
    "finance:budget-header": [Page(BUDGET, who="piet")],
    "finance:budget-lines": [Page(BUDGET, who="piet")],
    "finance:budget-nature": [Page(BUDGET, who="femi")],
    "finance:budget-new": [Page(HARBOUR, who="piet")],
    "finance:budget-paste": [Page(BUDGET, who="piet")],
    "finance:budget-return": [Page(BUDGET, who="rosa")],
    "finance:budget-submit": [Page(BUDGET, who="piet")],
    "finance:budget-withdraw": [Page(BUDGET, who="piet")],
    "finance:code-rule": [Page(lambda f: (f.desk.code.pk,), who="femi")],
    "finance:code-rule-new": [Page(OFFICE, who="femi")],
    "finance:code-rule-void": [Page(lambda f: (f.desk.code.pk,), who="femi")],
    "finance:code-rules": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:cost-rate-end": [Page(lambda f: (f.desk.cost.pk,), who="femi")],
    "finance:cost-rate-new": [Page(OFFICE, who="femi")],
    "finance:cost-rate-void": [Page(lambda f: (f.desk.cost.pk,), who="femi")],
    "finance:cost-rates": [
        Page(OFFICE, who="femi"),
        Page(OFFICE, who="femi", query="?void=yes"),
        Page(OFFICE, who="rosa"),
        Page(OFFICE, who="piet", status=403),
    ],
    "finance:draw-approve": [Page(DRAW, who="piet")],
    "finance:draw-new": [Page(HARBOUR, who="piet")],
    "finance:draw-reject": [Page(DRAW, who="rosa")],
    "finance:draw-withdraw": [Page(DRAW, who="piet")],
    "finance:exchange": [
        Page(OFFICE, who="femi"),
        Page(OFFICE, who="femi", query="?void=yes"),
        Page(OFFICE, query="?kind=closing&currency=USD"),
    ],
    "finance:exchange-new": [Page(OFFICE, who="femi")],
    "finance:exchange-paste": [Page(OFFICE, who="femi")],
    "finance:exchange-void": [Page(lambda f: (f.desk.rate,), who="femi")],
    "finance:accrual-new": [Page(HARBOUR, who="piet")],
    "finance:accrual-reject": [Page(lambda f: (f.desk.accrual.pk,), who="femi")],
    "finance:accruals": [
        Page(HARBOUR, who="femi"),
        Page(HARBOUR, who="piet"),
        Page(lambda f: (f.unplanned.pk,)),
    ],
    "finance:correct": [Page(lambda f: (f.books.actual.pk,), who="femi")],
    "finance:correction-reject": [Page(lambda f: (f.books.correction.pk,), who="femi")],
    "finance:corrections": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:ledger-batch": [
        Page(lambda f: (f.books.batch.pk,), who="femi"),
        Page(lambda f: (f.books.back.pk,)),
    ],
    "finance:ledger-batches": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:ledger-file": [Page(lambda f: (f.books.upload.pk,), who="femi")],
    "finance:ledger-map": [Page(OFFICE, who="femi", query="?account=9999")],
    "finance:ledger-project": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="femi", query="?by=wbs&state=mapped"),
        Page(HARBOUR, query="?account=99*"),
        Page(UNPLANNED),
    ],
    "finance:ledger-release": [Page(OFFICE, who="femi", query="?code=HARB")],
    "finance:ledger-roll-back": [Page(lambda f: (f.books.batch.pk,), who="femi")],
    "finance:ledger-row": [
        Page(lambda f: (f.books.actual.pk,), who="femi"),
        Page(lambda f: (f.books.correction.actual_id,), who="piet"),
        Page(lambda f: (f.books.waits.pk,)),
    ],
    "finance:ledger-waiting": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:reconciliation": [
        Page(lambda f: (f.books.reconciliation.pk,), who="femi"),
        Page(lambda f: (f.books.reconciliation.pk,)),
    ],
    "finance:reconciliation-new": [Page(OFFICE, who="femi")],
    "finance:reconciliation-void": [Page(lambda f: (f.books.reconciliation.pk,), who="femi")],
    "finance:reconciliations": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:order": [
        Page(lambda f: (f.desk.order.pk,), who="femi"),
        Page(lambda f: (f.desk.untouched.pk,), who="piet"),
    ],
    "finance:order-cancel": [Page(lambda f: (f.desk.untouched.pk,), who="femi")],
    "finance:order-close": [Page(lambda f: (f.desk.order.pk,), who="femi")],
    "finance:order-lines": [Page(lambda f: (f.desk.untouched.pk,), who="femi")],
    "finance:order-new": [Page(HARBOUR, who="femi")],
    "finance:order-receive": [Page(lambda f: (f.desk.order.pk,), who="femi")],
    "finance:orders": [
        Page(HARBOUR, who="femi"),
        Page(HARBOUR, who="piet", query="?state=cancelled"),
        Page(lambda f: (f.unplanned.pk,)),
    ],
    "finance:forecast": [
        Page(lambda f: (f.forecast.pk,), who="piet"),
        Page(lambda f: (f.forecast.pk,), who="femi"),
    ],
    "finance:forecasts": [Page(HARBOUR, who="piet"), Page(lambda f: (f.unplanned.pk,))],
    "finance:funding": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="rosa"),
        Page(UNPLANNED),
    ],
    "finance:funding-approve": [Page(PROPOSED, who="rosa")],
    "finance:funding-carry": [Page(RELEASED, who="rosa")],
    "finance:funding-edit": [Page(PROPOSED, who="piet")],
    "finance:funding-new": [Page(HARBOUR, who="piet")],
    "finance:funding-release": [Page(PROPOSED, who="femi")],
    "finance:funding-withdraw": [Page(PROPOSED, who="piet")],
    "finance:period-close": [Page(lambda f: (f.desk.period.pk,), who="femi")],
    "finance:period-reopen": [Page(lambda f: (f.desk.closed.pk,), who="femi")],
    "finance:periods": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:policy": [Page(OFFICE, who="femi"), Page(OFFICE)],
    "finance:year-open": [Page(OFFICE, who="femi")],
    "organisation:attribution": [Page(OFFICE)],
    "organisation:calendar-edit": [Page(lambda f: (f.calendar.pk,))],
    "organisation:calendar-new": [Page(OFFICE)],
    "organisation:currency-edit": [Page(lambda f: ("EUR",), who="root")],
    "organisation:currency-new": [Page(who="root")],
    "organisation:field-edit": [Page(lambda f: (f.cast.office.pk, f.field.pk))],
    "organisation:field-new": [Page(OFFICE)],
    "organisation:second-factor": [Page(OFFICE)],
    "organisation:second-factor-everybody": [Page(who="root")],
    "organisation:second-factor-everybody-people": [Page(who="root")],
    "organisation:second-factor-people": [Page(OFFICE)],
    "organisation:settings": [Page(), Page(who="root"), Page(who="otto")],
    "organisation:time-zone": [Page(who="root")],
    "organisation:unit": [Page(UNIT)],
    "organisation:unit-edit": [Page(UNIT)],
    "organisation:unit-move": [Page(UNIT)],
    "organisation:unit-new": [Page()],
    "organisation:units": [Page(), Page(who="otto")],
    "performance:earned-value": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, "?only=behind"),
        Page(lambda f: (f.unplanned.pk,)),
    ],
    "performance:measure": [Page(HARBOUR, "?wbs=1", who="piet"), Page(HARBOUR, "?wbs=2")],
    "performance:portfolio-value": [Page(PORTFOLIO)],
    "performance:programme-value": [Page(PROGRAMME)],
    "performance:portfolio": [Page(PORTFOLIO)],
    "performance:programme": [Page(PROGRAMME)],
    "performance:thresholds": [Page(OFFICE)],
    "performance:thresholds-new": [Page(OFFICE)],
    "planning:baseline-approve": [Page(WAITING, who="vera"), Page(WAITING, status=403)],
    "planning:baseline-compare": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?left={f.waiting.pk}&right=original&only=new", who="tess"),
        Page(HARBOUR, query="?left=0", who="tess", status=404),
    ],
    "planning:baseline-reject": [Page(WAITING, who="vera")],
    "planning:baseline-rename": [Page(WAITING, who="piet")],
    "planning:baseline-take": [Page(HARBOUR, who="piet")],
    "planning:baseline-withdraw": [Page(WAITING, who="piet")],
    "planning:begin": [Page(HARBOUR, who="piet")],
    "planning:sandboxes": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="vera"),
        Page(lambda f: (f.unplanned.pk,)),
        Page(lambda f: (f.unpromised.pk,)),
    ],
    "planning:sandbox": [Page(ASIDE, who="piet"), Page(ASIDE, who="tess")],
    "planning:templates": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR),
        Page(lambda f: (f.unplanned.pk,)),
    ],
    "planning:template": [Page(PATTERN, who="piet"), Page(PATTERN)],
    "planning:template-keep": [Page(HARBOUR)],
    "planning:template-edit": [Page(PATTERN)],
    "planning:template-use": [Page(PATTERN, who="piet")],
    "planning:level": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?within=float&keep=none", who="piet"),
        Page(lambda f: (f.bond.receiver_id,), who="piet"),
    ],
    "planning:sandbox-level": [Page(ASIDE, who="piet")],
    "planning:sandbox-crash": [
        Page(ASIDE, who="piet"),
        Page(ASIDE, query="?gain=1&cost-3=100&days-3=1", who="piet"),
        Page(ASIDE, query="?gain=x", who="piet", status=422),
    ],
    "planning:sandbox-fast-track": [
        Page(ASIDE, who="piet"),
        Page(ASIDE, query="?share=0", who="piet", status=422),
    ],
    "planning:sandbox-make": [Page(HARBOUR, who="piet")],
    "planning:sandbox-explain": [Page(lambda f: (*ASIDE(f), 1), who="piet")],
    "planning:sandbox-compare": [Page(ASIDE, who="piet"), Page(ASIDE, who="tess")],
    "planning:sandbox-adopt": [Page(ASIDE, who="piet")],
    "planning:sandbox-rename": [Page(ASIDE, who="piet")],
    "planning:sandbox-discard": [Page(ASIDE, who="piet")],
    "planning:baselines": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, who="vera"),
        Page(lambda f: (f.unplanned.pk,)),
        Page(lambda f: (f.unpromised.pk,)),
    ],
    "planning:board": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?by=person&q=no-such-task"),
        Page(HARBOUR, query="?by=stream&column=1"),
        Page(HARBOUR, query="?by=nonsense", status=422),
    ],
    "planning:board-limit": [Page(HARBOUR, query="?by=state&column=late", who="piet")],
    "planning:board-move": [
        Page(lambda f: (f.cast.harbour.pk, 3), query="?by=state", who="piet"),
        Page(lambda f: (f.cast.harbour.pk, 999), who="piet", status=404),
    ],
    "planning:month": [
        Page(HARBOUR, query="?month=2026-03&day=2026-03-09", who="piet"),
        Page(HARBOUR, query="?month=2040-01"),
        Page(HARBOUR, query="?month=March", status=422),
    ],
    "planning:delete": [Page(HARBOUR, who="piet")],
    "planning:explain": [Page(lambda f: (f.cast.harbour.pk, 3), who="piet")],
    "planning:import": [Page(HARBOUR, who="piet")],
    "planning:calendars": [Page(HARBOUR, who="piet"), Page(HARBOUR, who="tess")],
    "planning:calendar-new": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?copy=1", who="piet"),
    ],
    "planning:calendar-edit": [
        Page(lambda f: (f.cast.harbour.pk, 1), who="piet"),
        Page(lambda f: (f.cast.harbour.pk, 1), query="?month=2026-03", who="tess"),
        Page(lambda f: (f.cast.harbour.pk, 9), who="piet", status=404),
    ],
    "planning:calendar-delete": [Page(lambda f: (f.cast.harbour.pk, 1), who="piet")],
    "planning:options": [Page(HARBOUR, who="piet")],
    "planning:resource-calendar": [Page(lambda f: (f.cast.harbour.pk, 1), who="piet")],
    "planning:calendar": [Page(HARBOUR, who="piet"), Page(HARBOUR, who="tess")],
    "planning:arrival": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?part=dates", who="piet"),
        Page(HARBOUR, query="?part=unread", who="piet"),
    ],
    "planning:arrival-columns": [Page(HARBOUR, who="piet")],
    "planning:network": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?part=around&uid=3&steps=1"),
        Page(HARBOUR, query="?part=around&uid=999", status=404),
    ],
    "planning:people": [Page(HARBOUR, who="piet"), Page(HARBOUR, who="tess")],
    "planning:person": [Page(lambda f: (f.cast.harbour.pk, 1), who="piet")],
    "planning:person-add": [Page(HARBOUR, who="piet")],
    "planning:plan": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?only=critical", who="piet"),
        Page(HARBOUR, query="?filter=yes&group=person", who="piet"),
        Page(HARBOUR, query="?group=state&q=no-such-task", who="piet"),
        Page(lambda f: (f.cast.foreign.pk,), who="piet", status=404),
    ],
    "planning:quality": [Page(HARBOUR), Page(HARBOUR, who="piet")],
    "planning:roadmap": [
        Page(HARBOUR, who="piet"),
        Page(HARBOUR, query="?group=person&paper=a3"),
        Page(lambda f: (f.unplanned.pk,), status=404),
    ],
    "planning:reconciliation": [Page(HARBOUR, who="piet")],
    "planning:reschedule": [Page(HARBOUR, who="piet")],
    "planning:schedule": [
        Page(HARBOUR, who="piet", unfold=False),
        Page(lambda f: (f.unplanned.pk,)),
    ],
    "planning:undo": [Page(HARBOUR, who="piet")],
    "progress:link": [
        Page(lambda f: (f.week_link,), who=""),
        Page(lambda f: ("none",), who="", status=410),
    ],
    "progress:rhythm": [Page(HARBOUR, who="piet")],
    "progress:office": [Page(OFFICE)],
    "progress:updates": [Page(HARBOUR, who="piet"), Page(HARBOUR, who="ada")],
    "progress:week": [Page(who="tess"), Page(who="otto")],
    "progress:week-of": [Page(lambda f: (f.cast.harbour.pk, f.cast.tess.pk), who="piet")],
    "portfolio:cockpit": [Page(), Page(who="otto")],
    "portfolio:list": [
        Page(),
        Page(query="?group=phase&columns=phase,overall,slip,milestone"),
        Page(query="?q=nothing-like-this"),
        Page(query="?as_of=2026-09-01"),
        Page(query="?overall=purple", status=422),
        Page(who="otto"),
        Page(who="root"),
    ],
    "portfolio:map": [Page(), Page(query="?q=nothing-like-this")],
    "portfolio:project": [
        Page(HARBOUR),
        Page(HARBOUR, who="tess"),
        Page(lambda f: (f.cast.foreign.pk,), status=404),
    ],
    "portfolio:record": [Page(HARBOUR)],
    "portfolio:snapshot": [Page(lambda f: (f.cast.harbour.pk, f.snapshot.pk))],
    "portfolio:stated": [Page(HARBOUR, who="piet"), Page(HARBOUR, who="tess", status=403)],
    "portfolio:timeline": [
        Page(),
        Page(query="?group=unit&span=year"),
        Page(query="?paper=a3&span=three"),
        Page(who="otto"),
        Page(query="?span=century", status=422),
    ],
    "projects:delegation-new": [Page()],
    "projects:matrix": [Page()],
    "projects:objective-edit": [Page(lambda f: (f.objective.pk,))],
    "projects:objective-new": [Page(OFFICE)],
    "projects:objective-void": [Page(lambda f: (f.objective.pk,))],
    "projects:objectives": [Page(), Page(who="otto")],
    "projects:people": [Page(), Page(who="root"), Page(who="otto")],
    "projects:person": [Page(TESS), Page(TESS, who="root")],
    "projects:person-active": [Page(TESS, who="root")],
    "projects:person-second-factor": [Page(TESS, who="root")],
    "projects:person-edit": [Page(TESS, who="root")],
    "projects:person-invite": [Page()],
    "projects:person-sessions-end": [Page(TESS, who="root")],
    "projects:portfolio": [Page(PORTFOLIO)],
    "projects:portfolio-edit": [Page(PORTFOLIO)],
    "projects:portfolio-move": [Page(PORTFOLIO)],
    "projects:portfolio-new": [Page()],
    "projects:portfolio-state": [Page(lambda f: (f.cast.portfolio.pk, "suspended"))],
    "projects:programme": [Page(PROGRAMME)],
    "projects:programme-edit": [Page(PROGRAMME)],
    "projects:programme-move": [Page(PROGRAMME)],
    "projects:programme-new": [Page()],
    "projects:programme-state": [Page(lambda f: (f.cast.programme.pk, "defined"))],
    "projects:project": [Page(HARBOUR), Page(HARBOUR, who="tess")],
    "projects:project-edit": [Page(HARBOUR)],
    "projects:project-move": [Page(HARBOUR)],
    "projects:project-new": [Page()],
    "projects:project-state": [Page(lambda f: (f.cast.harbour.pk, "on_hold"))],
    "projects:register": [Page(), Page(who="otto")],
    "projects:role-end": [Page(lambda f: (f.assignment.pk,))],
    "projects:role-new": [
        Page(),
        Page(lambda f: (), query="?scope=portfolio:{f.cast.portfolio.pk}"),
    ],
    "projects:start": [Page(), Page(who="root")],
    "projects:start-director": [Page(lambda f: (f.cast.other_office.pk,), who="root")],
    "projects:start-organisation": [Page(who="root")],
    "projects:workstream-edit": [Page(lambda f: (f.workstream.pk,))],
    "projects:workstream-new": [Page(HARBOUR)],
    "projects:workstream-void": [Page(lambda f: (f.workstream.pk,))],
    "retention:hold-new": [Page(OFFICE), Page(OFFICE, who="root")],
    "retention:hold-release": [Page(lambda f: (f.hold.pk,))],
    "retention:office": [
        Page(OFFICE),
        Page(lambda f: (f.cast.other_office.pk,), who="nia"),
        Page(OFFICE, who="tess", status=403),
    ],
    "retention:offices": [Page(), Page(who="root"), Page(who="otto")],
    "retention:rule": [Page(lambda f: (f.cast.office.pk, "trail"))],
    "notices:list": [
        Page(),
        Page(who="piet"),
        Page(who="otto"),
        Page(query="?show=unread", who="piet"),
    ],
    "notices:mail": [Page(lambda f: ("none",), status=404)],
    "notices:outbox": [Page(status=404)],
    "notices:preferences": [Page(), Page(who="otto")],
    "scanning:file": [
        Page(lambda f: (f.files["held"].pk,), who="piet"),
        Page(lambda f: (f.files["found"].pk,)),
        Page(lambda f: (f.files["refused"].pk,), who="piet"),
        Page(lambda f: (f.files["released"].pk,), who="piet"),
        Page(lambda f: (f.files["withdrawn"].pk,), who="piet"),
        Page(lambda f: (f.files["held"].pk,), who="tess", status=404),
    ],
    "scanning:files": [Page(), Page(who="otto"), Page(query="?state=found")],
    "web:about": [Page(), Page(who="otto")],
    "web:search": [Page(query="?q=harb"), Page(query="?q=nothing-like-this"), Page()],
}

NO_PAGES = {
    "accounts:second-factor-move": "walked in test_second_factor.py",
    "accounts:sign-out": "posted",
    "accounts:token-create": "posted",
    "accounts:token-revoke": "posted",
    "agile:change-many": "posted",
    "agile:export": "data",
    "agile:order": "posted",
    "agile:release-accept": "posted",
    "agile:sprint-cancel": "posted",
    "agile:sprint-start": "posted",
    "agile:state": "posted",
    "api:openapi": "data",
    "finance:case-submit": "posted",
    "estimates:accept": "posted",
    "finance:accrual-post": "posted",
    "finance:correction-approve": "posted",
    "finance:ledger-commit": "posted",
    "finance:ledger-discard": "posted",
    "finance:ledger-send": "posted",
    "estimates:withdraw": "posted",
    "finance:forecast-begin": "posted",
    "finance:forecast-lines": "posted",
    "finance:forecast-paste": "posted",
    "finance:forecast-step": "posted",
    "api:unknown": "data",
    "api:unknown-below": "data",
    "exchange:import-apply": "posted",
    "finance:budget-export": "data",
    "finance:forecast-export": "data",
    "finance:ledger-export": "data",
    "finance:ledger-export-office": "data",
    "finance:portfolio-export": "data",
    "finance:programme-export": "data",
    "performance:earned-value-export": "data",
    "raid:export": "data",
    "exchange:import-discard": "posted",
    "exchange:import-problems": "data",
    "exchange:template": "data",
    "planning:baseline-file": "data",
    "planning:download": "data",
    "planning:live": "data",
    "planning:sandbox-live": "data",
    "planning:look": "posted",
    "portfolio:columns": "posted",
    "portfolio:export": "data",
    "portfolio:view-default": "posted",
    "portfolio:view-delete": "posted",
    "portfolio:view-rename": "posted",
    "portfolio:view-save": "posted",
    "planning:person-confirm": "posted",
    "planning:arrival-accept": "posted",
    "planning:feed-end": "posted",
    "planning:feed": "data",
    "planning:calendar-file": "data",
    "notices:do": "walked in test_told.py",
    "notices:go": "posted",
    "notices:links-end": "posted",
    "notices:read": "posted",
    "planning:arrival-leave": "posted",
    "exchange:backlog-leave": "posted",
    "exchange:week-read": "posted",
    "exchange:week-read-of": "posted",
    "exchange:week-sheet": "data",
    "exchange:week-sheet-of": "data",
    "progress:ask": "posted",
    "progress:decide": "posted",
    "progress:links-end": "posted",
    "progress:links-end-of": "posted",
    "projects:delegation-end": "posted",
    "projects:person-invite-again": "posted",
    "projects:welcome": "leads elsewhere",
    "scanning:withdraw": "posted",
    "web:health": "data",
    "web:metrics": "data",
    "web:theme": "posted",
}


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every named address but the endpoints of the API, which answer with data only."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + (pattern.name or str(pattern.pattern))
        elif pattern.namespace != "v1":
            yield from names(pattern, f"{pattern.namespace}:" if pattern.namespace else prefix)


@pytest.fixture(scope="module")
def walkers(axe_windows, furnished):
    """A window for each person who walks, opened when needed."""
    opened = {}

    def window_of(who: str):
        if who not in opened:
            opened[who] = axe_windows()
            opened[who].come_as(who)
        return opened[who]

    return window_of


def test_every_address_is_walked_or_is_no_page():
    known = set(names(get_resolver()))

    assert {name for name in known if name not in PAGES and name not in NO_PAGES} == set()
    assert (set(PAGES) | set(NO_PAGES)) - known == set()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page(name, walkers, furnished):
    found = []
    for example in PAGES[name]:
        address = reverse(name, args=example.arguments(furnished)) + example.query.format(
            f=furnished
        )
        found += [f"{address} {fault}" for fault in judge(walkers(example.who), address, example)]

    if found:
        pytest.fail("\n".join(found), pytrace=False)


def judge(window, address: str, example: Page) -> list[str]:
    """Load a page once; look at it on a phone, with its menus open, by day and by night."""
    page, watch = window.page, window.watch
    watch.allowed = {example.status} if example.status >= 400 else set()
    answer = page.goto(address)
    faults = [] if answer.status == example.status else [f"answered {answer.status}"]
    faults += sent_to_the_door(page, address)
    faults += narrow(page, "at 390 px")
    # An open menu lies over its neighbours, so their sizes are judged while it is closed.
    faults += axe_faults(page, ["target-size"])
    if example.unfold and page.evaluate(UNFOLD):
        faults += narrow(page, "unfolded at 390 px")
    faults += axe_faults(page, without=["target-size"])
    page.emulate_media(color_scheme="dark")
    faults += [f"dark: {fault}" for fault in axe_faults(page, ["color-contrast"])]
    page.set_viewport_size(PHONE)
    faults += [f"dark at 390 px: {fault}" for fault in axe_faults(page, without=["target-size"])]
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    faults += watch.faults
    watch.faults.clear()
    return faults


def sent_to_the_door(page, address: str) -> list[str]:
    """Whoever must sign in first did not see the page."""
    door = reverse("accounts:sign-in")
    return [f"led to {door}"] if urlsplit(page.url).path == door != address else []


def narrow(page, state: str) -> list[str]:
    """What is too wide for a phone."""
    page.set_viewport_size(PHONE)
    wide = overflow(page)
    page.set_viewport_size(DESK)
    return [f"{state}: {wide}"] if wide else []
