# SPDX-License-Identifier: Apache-2.0
"""Harbour with a plan of three tasks in a row, as in O-EST-1."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cast import SYSTEM
from pilothouse.delivery.estimates.services import Asked, make_estimate
from pilothouse.delivery.planning.services import begin_plan, edit_plan

MONDAY = date(2026, 3, 2)


@pytest.fixture
def planned(cast):
    """Survey, Drive piles and Build wall: 4 + 6 + 2 days in a row from 2 March 2026 on."""
    begin_plan(actor=SYSTEM, project=cast.harbour, start=MONDAY)
    rows = [("Survey", "4d"), ("Drive piles", "6d"), ("Build wall", "2d"), ("Opened", "0d")]
    tasks = [{"name": name, "duration": duration} for name, duration in rows]
    links = [{"do": "link", "predecessor": n, "successor": n + 1} for n in (1, 2, 3)]
    steps = [{"do": "add", "after": None, "tasks": tasks}, *links]
    edit_plan(actor=SYSTEM, project=cast.harbour, steps=steps)
    return cast


@pytest.fixture
def estimate(planned):
    """Estimate a task by three points, or as it is said."""

    def make(uid, *points, who="piet", **values):
        inputs = dict(zip(("least", "likely", "most"), map(Decimal, points), strict=False))
        chosen = {
            "task_uid": uid,
            "unit": "days",
            "method": "three_point",
            "accuracy": "budget",
            "inputs": inputs,
            "basis": "As the foreman says",
        } | values
        return make_estimate(
            actor=planned.people[who].actor(),
            project=planned.harbour,
            asked=Asked(**chosen),
            today=MONDAY,
        )

    return make


@pytest.fixture
def as_(client, cast):
    def become(who):
        client.force_login(cast.people[who])
        return client

    return become
