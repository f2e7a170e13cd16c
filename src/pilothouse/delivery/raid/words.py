# SPDX-License-Identifier: Apache-2.0
"""What the pages of the registers say for keys of the rules."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pilothouse.delivery.raid.models import Kind
from pilothouse.delivery.raid.rules import Proximity, Step

KIND_WORDS: dict[str, Promise] = {
    "": _("All"),
    Kind.RISK: _("Risks"),
    Kind.ISSUE: _("Issues"),
    Kind.ASSUMPTION: _("Assumptions"),
    Kind.DECISION: _("Decisions"),
    Kind.ACTION: _("Actions"),
}
SHOW_WORDS: dict[str, Promise] = {
    "open": _("Open"),
    "mine": _("Mine"),
    "overdue": _("Overdue"),
    "escalated": _("Escalated"),
    "high": _("High"),
    "over": _("Over"),
    "all": _("All"),
}
EMPTY_WORDS: dict[str, Promise] = {
    "open": _("Nothing is open here."),
    "mine": _("Nothing open is yours."),
    "overdue": _("Nothing is overdue."),
    "escalated": _("Nothing is on its way up, nor held above its place."),
    "high": _("No risk is high or very high, and no issue is S1 or S2."),
    "over": _("Nothing is over yet."),
    "all": _("Nothing is entered yet."),
}
PROXIMITY_WORDS: dict[str, Promise] = {
    Proximity.PASSED: _("passed"),
    Proximity.IMMINENT: _("imminent"),
    Proximity.NEAR: _("near"),
    Proximity.MID: _("mid"),
    Proximity.FAR: _("far"),
}
CLOCK_WORDS: dict[str, Promise] = {
    "acknowledge": _("to be acknowledged"),
    "plan": _("to be planned"),
    "resolve": _("to be resolved"),
}
STEP_WORDS: dict[str, Promise] = {
    Step.ASSESS: _("Assessed"),
    Step.PLAN: _("Response is planned"),
    Step.RUN: _("Response runs"),
    Step.OCCUR: _("It has occurred"),
    Step.CLOSE: _("Close"),
    Step.REOPEN: _("Reopen"),
    Step.ASSIGN: _("Acknowledge and assign"),
    Step.START: _("Start"),
    Step.RESOLVE: _("Resolved"),
    Step.VERIFY: _("Verify"),
    Step.DUPLICATE: _("It is a duplicate"),
    Step.VALIDATE: _("It holds"),
    Step.INVALIDATE: _("It does not hold"),
    Step.EXPIRE: _("It no longer matters"),
    Step.DECIDE: _("Record the decision"),
    Step.IMPLEMENT: _("Implemented"),
    Step.FINISH: _("Done"),
    Step.CANCEL: _("Cancel it"),
}
STEP_LEADS: dict[str, Promise] = {
    Step.ASSESS: _("The risk is rated; it counts from now on."),
    Step.PLAN: _("How it is answered is said; the response has not begun."),
    Step.RUN: _("The response has begun."),
    Step.OCCUR: _("The risk becomes an issue with its contingency plan; both stay linked."),
    Step.CLOSE: _("Nothing more is to be done about it."),
    Step.REOPEN: _("It is open again; clocks start anew."),
    Step.ASSIGN: _("Its owner knows of it: the first promise is kept."),
    Step.START: _("Work on it has begun: there is a plan."),
    Step.RESOLVE: _("It is solved; somebody else verifies that it is."),
    Step.VERIFY: _("You looked yourself: it is as they say."),
    Step.DUPLICATE: _("Another issue of this register says the same."),
    Step.VALIDATE: _("What was taken for true is true."),
    Step.INVALIDATE: _("What was taken for true is not: a risk or an issue follows from it."),
    Step.EXPIRE: _("Whether it is true no longer matters."),
    Step.DECIDE: _("What was decided stays as it is; a new decision may supersede it."),
    Step.IMPLEMENT: _("What was decided is done."),
    Step.FINISH: _("It is done; somebody else verifies that it is."),
    Step.CANCEL: _("It is not done, and need not be."),
}
LINK_WORDS: dict[tuple[str, bool], Promise] = {
    ("relates", True): _("belongs to"),
    ("relates", False): _("belongs to"),
    ("became", True): _("became"),
    ("became", False): _("came of"),
    ("response", True): _("is answered by"),
    ("response", False): _("answers"),
    ("leads", True): _("leads to"),
    ("leads", False): _("follows from"),
}
"""Kind of a link and whether it leads from this entry → what it says."""
FIELD_WORDS: dict[str, Promise] = {
    "near_from": _("Can happen from"),
    "near_until": _("Can happen until"),
    "due_moves": _("Times put off"),
    "due_first": _("First promised for"),
    "impact_if_false": _("Impact if it is false"),
    "fallback": _("Contingency plan"),
}
ACTION_WORDS: dict[str, Promise] = {
    "create": _("Raised"),
    "update": _("Changed"),
    "rate": _("Rated"),
    "note": _("Remarked"),
    "link": _("Linked"),
    "unlink": _("Link taken away"),
    "void": _("Voided"),
    "lift": _("Taken over above"),
    "hand_back": _("Handed back"),
    "supersede": _("Superseded"),
}
"""What an entry of the trail did, beside the steps."""
MOVE_WORDS: dict[str, Promise] = {
    "up": _("graver than then"),
    "down": _("milder than then"),
    "beside": _("moved, as grave as then"),
    "same": _("as then"),
    "new": _("not rated then"),
    "": _("not compared"),
}
