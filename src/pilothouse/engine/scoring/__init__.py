# SPDX-License-Identifier: Apache-2.0
"""Scores of candidates and the order they give (DOMAIN 3.2)."""

from pilothouse.engine.scoring.financial import Figure, FinancialItem, FinancialScore, financial
from pilothouse.engine.scoring.pairwise import (
    CONSISTENCY_LIMIT,
    MOST_CRITERIA,
    Priorities,
    Triple,
    group_matrix,
    priorities,
    require_consistent,
)
from pilothouse.engine.scoring.ranking import Ranked, Standing, rank
from pilothouse.engine.scoring.ratios import (
    JOB_SIZES,
    RICE_CONFIDENCES,
    RICE_IMPACTS,
    RiceItem,
    RiceScore,
    WsjfItem,
    WsjfResult,
    WsjfScore,
    rice,
    wsjf,
)
from pilothouse.engine.scoring.values import Number
from pilothouse.engine.scoring.weighted import (
    Criterion,
    CriterionScore,
    Scale,
    WeightedModel,
    WeightedScore,
    weighted_score,
)

__all__ = [
    "CONSISTENCY_LIMIT",
    "JOB_SIZES",
    "MOST_CRITERIA",
    "RICE_CONFIDENCES",
    "RICE_IMPACTS",
    "Criterion",
    "CriterionScore",
    "Figure",
    "FinancialItem",
    "FinancialScore",
    "Number",
    "Priorities",
    "Ranked",
    "RiceItem",
    "RiceScore",
    "Scale",
    "Standing",
    "Triple",
    "WeightedModel",
    "WeightedScore",
    "WsjfItem",
    "WsjfResult",
    "WsjfScore",
    "financial",
    "group_matrix",
    "priorities",
    "rank",
    "require_consistent",
    "rice",
    "weighted_score",
    "wsjf",
]
