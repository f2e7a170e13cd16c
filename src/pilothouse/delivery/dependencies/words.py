# SPDX-License-Identifier: Apache-2.0
"""The words of the pages for steps and filters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Step

Drive = PlanDependency.Drive

STEP_WORDS = {
    Step.AGREE: gettext_lazy("Agree"),
    Step.START: gettext_lazy("Start"),
    Step.DELIVER: gettext_lazy("Deliver"),
    Step.ACCEPT: gettext_lazy("Accept"),
    Step.DISPUTE: gettext_lazy("Dispute"),
    Step.CANCEL: gettext_lazy("Cancel the dependency"),
    Step.DATES: gettext_lazy("Change dates"),
}
STEP_LEADS = {
    Step.AGREE: gettext_lazy("Agree to what is delivered and to its dates, for your side."),
    Step.START: gettext_lazy("Work on the deliverable has begun."),
    Step.DELIVER: gettext_lazy(
        "It is there: the forecast becomes today, and the receiver is asked to accept it."
    ),
    Step.ACCEPT: gettext_lazy("What came is what was agreed; the dependency is over."),
    Step.DISPUTE: gettext_lazy(
        "Both sides see your reason. New dates, or the same ones put again, end the dispute."
    ),
    Step.CANCEL: gettext_lazy("It binds nobody any more; it stays readable. This is for good."),
}
DRIVE_WORDS = {
    Drive.NOTHING: gettext_lazy("Nothing: only watch it"),
    Drive.PROMISE: gettext_lazy("The promised date (frozen)"),
    Drive.PLAN: gettext_lazy("The plan of the giver, as it lies (live)"),
}
FILTER_WORDS = {
    "open": gettext_lazy("Open"),
    "red": gettext_lazy("Red"),
    "amber": gettext_lazy("Amber"),
    "disputed": gettext_lazy("Disputed"),
    "waiting": gettext_lazy("Waiting for me"),
    "over": gettext_lazy("Over"),
}
EMPTY_WORDS = {
    "open": gettext_lazy(
        "No open dependency is in your sight. Propose one on the plan of a project."
    ),
    "red": gettext_lazy("Nothing comes later than it is needed."),
    "amber": gettext_lazy("Nothing comes within four working days of its need."),
    "disputed": gettext_lazy("Nothing is disputed."),
    "waiting": gettext_lazy("Nobody waits for you."),
    "over": gettext_lazy("Nothing was accepted or cancelled yet."),
}
