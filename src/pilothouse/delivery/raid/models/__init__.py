# SPDX-License-Identifier: Apache-2.0
"""Risks, assumptions, issues, decisions and actions, and how they go up."""

from pilothouse.delivery.raid.models.entries import (
    OVER,
    PREFIXES,
    Entry,
    EntryLink,
    EntryNote,
    EntryTask,
    open_entries,
)
from pilothouse.delivery.raid.models.escalations import Escalation
from pilothouse.delivery.raid.models.issues import Issue, IssueBreach
from pilothouse.delivery.raid.models.kinds import (
    NAME_LENGTH,
    SCALE,
    TAGS_LENGTH,
    TITLE_LENGTH,
    Aspect,
    Dimension,
    Kind,
    Level,
    Rating,
)
from pilothouse.delivery.raid.models.promises import Action, Assumption, Decision
from pilothouse.delivery.raid.models.risks import Risk, RiskMark, RiskRating
from pilothouse.delivery.raid.models.scales import RaidPolicy

__all__ = [
    "NAME_LENGTH",
    "OVER",
    "PREFIXES",
    "SCALE",
    "TAGS_LENGTH",
    "TITLE_LENGTH",
    "Action",
    "Aspect",
    "Assumption",
    "Decision",
    "Dimension",
    "Entry",
    "EntryLink",
    "EntryNote",
    "EntryTask",
    "Escalation",
    "Issue",
    "IssueBreach",
    "Kind",
    "Level",
    "RaidPolicy",
    "Rating",
    "Risk",
    "RiskMark",
    "RiskRating",
    "open_entries",
]
