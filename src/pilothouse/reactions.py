# SPDX-License-Identifier: Apache-2.0
"""Who reacts to which event, and when. This page is every upward effect there is."""

from __future__ import annotations

from pilothouse.delivery.agile.events import PointsChanged, SprintClosed
from pilothouse.delivery.dependencies.events import DependencyChanged
from pilothouse.delivery.dependencies.services import refresh_forecasts, refuse_circle
from pilothouse.delivery.estimates.events import EstimateAccepted
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.services.streams import restream_after
from pilothouse.delivery.planning.events import (
    BaselineApproved,
    BaselineTaken,
    PlanChanged,
    SandboxChanged,
)
from pilothouse.delivery.projects.events import ProjectChanged, ProjectsChanged
from pilothouse.delivery.raid.events import RegisterChanged
from pilothouse.delivery.simulations.events import SimulationEnded
from pilothouse.direction.performance.services import refresh_after, refresh_after_many
from pilothouse.foundation.core.events import Table, When

TABLE: Table = {
    ProjectChanged: [(When.INSIDE, refresh_after)],
    ProjectsChanged: [(When.INSIDE, refresh_after_many)],
    PlanChanged: [
        (When.INSIDE, refuse_circle),
        (When.INSIDE, refresh_after),
        (When.INSIDE, refresh_forecasts),
    ],
    BaselineTaken: [],
    SandboxChanged: [],
    BaselineApproved: [(When.INSIDE, refresh_after)],
    DependencyChanged: [],
    PointsChanged: [(When.INSIDE, refresh_after)],
    SprintClosed: [],
    EstimateAccepted: [],
    MoneyChanged: [(When.INSIDE, restream_after), (When.INSIDE, refresh_after_many)],
    RegisterChanged: [],
    SimulationEnded: [],
}
"""Health is refreshed inside the transaction of its cause: the next page shows it.

Nothing follows yet from a baseline that waits: those who approve it find it on its page.
Nor from a sandbox, which no figure sees; adopting it changes the plan.
Nor from a dependency between projects: what follows from it is ordered as jobs by its own room.
Nor from a sprint that was closed: forecasts are computed when they are looked at.
Nor from an estimate that was accepted: the plan that it changed tells of itself.
Nor from a change of a register, which no figure of health counts, nor from a simulation.
"""
