# SPDX-License-Identifier: Apache-2.0
"""Selecting a portfolio within budgets, skills and rules (DOMAIN 3.4 and 3.5)."""

from pilothouse.engine.selection.compare import (
    BucketUse,
    CandidateChange,
    Change,
    SelectionProfile,
    Use,
    changes,
    profile,
)
from pilothouse.engine.selection.frontier import (
    DecisionCost,
    Frontier,
    FrontierPoint,
    Measure,
    ShadowValue,
    cost_of_decision,
    efficient_frontier,
    shadow_value,
)
from pilothouse.engine.selection.model import (
    BucketLimit,
    Candidate,
    Exclusion,
    Prerequisite,
    PrerequisiteForm,
    SelectionModel,
    Synergy,
)
from pilothouse.engine.selection.problem import Limit, LimitKind
from pilothouse.engine.selection.result import Relaxation, Selected, SelectionResult, Status
from pilothouse.engine.selection.select import Progress, quick_selection, select_portfolio
from pilothouse.engine.selection.solver import Solver

__all__ = [
    "BucketLimit",
    "BucketUse",
    "Candidate",
    "CandidateChange",
    "Change",
    "DecisionCost",
    "Exclusion",
    "Frontier",
    "FrontierPoint",
    "Limit",
    "LimitKind",
    "Measure",
    "Prerequisite",
    "PrerequisiteForm",
    "Progress",
    "Relaxation",
    "Selected",
    "SelectionModel",
    "SelectionProfile",
    "SelectionResult",
    "ShadowValue",
    "Solver",
    "Status",
    "Synergy",
    "Use",
    "changes",
    "cost_of_decision",
    "efficient_frontier",
    "profile",
    "quick_selection",
    "select_portfolio",
    "shadow_value",
]
