# SPDX-License-Identifier: Apache-2.0
"""Monte Carlo simulation of schedule and cost risk (DOMAIN 8.3)."""

from pilothouse.engine.simulate.distributions import (
    Constant,
    Discrete,
    Distribution,
    Lognormal,
    PertBeta,
    Triangular,
    Trigen,
    Uniform,
)
from pilothouse.engine.simulate.model import (
    CorrelationGroup,
    CorrelationMatrix,
    CostItem,
    Estimate,
    Impact,
    Response,
    RiskEvent,
    RiskModel,
    Shape,
    SimulationOptions,
    Template,
)
from pilothouse.engine.simulate.result import (
    FinishDates,
    InputKind,
    MatrixRepair,
    Outcome,
    Sensitivity,
    SimulationResult,
    TaskRisk,
    by_swing,
)
from pilothouse.engine.simulate.simulate import simulate_before_and_after, simulate_plan

__all__ = [
    "Constant",
    "CorrelationGroup",
    "CorrelationMatrix",
    "CostItem",
    "Discrete",
    "Distribution",
    "Estimate",
    "FinishDates",
    "Impact",
    "InputKind",
    "Lognormal",
    "MatrixRepair",
    "Outcome",
    "PertBeta",
    "Response",
    "RiskEvent",
    "RiskModel",
    "Sensitivity",
    "Shape",
    "SimulationOptions",
    "SimulationResult",
    "TaskRisk",
    "Template",
    "Triangular",
    "Trigen",
    "Uniform",
    "by_swing",
    "simulate_before_and_after",
    "simulate_plan",
]
