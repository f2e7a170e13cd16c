# SPDX-License-Identifier: Apache-2.0
"""What the projects of the living office promise to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side, Step
from pilothouse.delivery.dependencies.services import (
    Proposal,
    drive_plan,
    drive_receiver,
    propose_dependency,
    take_step,
)
from pilothouse.delivery.planning.queries import task_ends, tasks_to_come
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User


@dataclass(frozen=True, slots=True)
class Bond:
    """Giver and receiver with their tasks; days count from when the giver finishes.

    ``steps`` are what people did since: who, which step, why.
    """

    giver: tuple[str, str]
    receiver: tuple[str, str]
    deliverable: str
    needed: int
    promised: int
    steps: tuple[tuple[str, Step, str], ...]
    drive: PlanDependency.Drive = PlanDependency.Drive.NOTHING


BONDS = (
    Bond(
        ("DREDGE", "Channel declared 18 m deep"),
        ("HARB", "Quay 4 in operation"),
        "The approach channel, declared 18 metres deep",
        needed=28,
        promised=0,
        steps=(("yara", Step.AGREE, ""), ("piet", Step.AGREE, "")),
        drive=PlanDependency.Drive.PLAN,
    ),
    Bond(
        ("DREDGE", "Turning basin"),
        ("HARB", "Trial berthing"),
        "A turning basin wide enough for the trial ship",
        needed=-14,
        promised=-21,
        steps=(
            ("yara", Step.AGREE, ""),
            ("piet", Step.AGREE, ""),
            ("yara", Step.START, ""),
        ),
    ),
    Bond(
        ("VTS", "Switch-over"),
        ("HARB", "Quay 4 in operation"),
        "Radar cover of quay 4 in the new traffic picture",
        needed=3,
        promised=0,
        steps=(
            ("kofi", Step.AGREE, ""),
            (
                "piet",
                Step.DISPUTE,
                "The pilots bring no ship of 18 metres in during the parallel running; "
                "we need the cover before the trial berthing.",
            ),
        ),
    ),
    Bond(
        ("HARB", "Depth confirmed by survey"),
        ("DREDGE", "Charts updated"),
        "Soundings of the berth for the new charts",
        needed=4,
        promised=0,
        steps=(("yara", Step.AGREE, ""),),
    ),
)


def bind(rows: Mapping[str, Project], people: Mapping[str, User]) -> None:
    """The analyst of the office proposes, and the managers answer."""
    for bond in BONDS:
        row = _propose(bond, rows, people["emre"])
        for name, step, why in bond.steps:
            row = take_step(
                actor=people[name].actor(), dependency=row, step=step, version=None, reason=why
            )
        if bond.drive != PlanDependency.Drive.NOTHING:
            drive_receiver(
                actor=people["piet"].actor(), dependency=row, drive=bond.drive, version=None
            )
            drive_plan(project_id=row.receiver_id)


def _propose(bond: Bond, rows: Mapping[str, Project], by: User) -> PlanDependency:
    giver, receiver = rows[bond.giver[0]], rows[bond.receiver[0]]
    uid = _uid(giver, bond.giver[1])
    finish = task_ends([(giver.pk, uid)])[giver.pk, uid].finish
    assert finish is not None
    proposal = Proposal(
        giver=giver,
        giver_uid=uid,
        receiver=receiver,
        receiver_uid=_uid(receiver, bond.receiver[1]),
        deliverable=bond.deliverable,
        need_date=finish + timedelta(days=bond.needed),
        promised_date=finish + timedelta(days=bond.promised),
    )
    return propose_dependency(actor=by.actor(), proposal=proposal, side=Side.GIVER)


def _uid(project: Project, name: str) -> int:
    return next(uid for uid, text in tasks_to_come(project, 500) if text.endswith(name))
