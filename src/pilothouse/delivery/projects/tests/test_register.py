# SPDX-License-Identifier: Apache-2.0
import pytest

from pilothouse.delivery.projects.services import update_project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.core.errors import Conflict, NotAllowed


def test_a_new_project_has_health_at_once(cast):
    snapshot = PerformanceSnapshot.objects.get(project=cast.harbour, valid_to=None)

    assert snapshot.slip_days == 21
    assert snapshot.schedule == "amber"
    assert snapshot.cost == "green"


def test_a_stranger_may_not_change_a_project(cast):
    with pytest.raises(NotAllowed):
        update_project(
            actor=cast.otto.actor(), project=cast.harbour, values={"name": "Mine"}, version=1
        )

    cast.harbour.refresh_from_db()
    assert cast.harbour.name == "Harbour"


def test_a_stale_write_is_refused_and_names_who_was_first(cast):
    update_project(
        actor=cast.piet.actor(), project=cast.harbour, values={"name": "Harbour 2"}, version=1
    )

    with pytest.raises(Conflict, match="Piet Example"):
        update_project(
            actor=cast.ada.actor(), project=cast.harbour, values={"name": "Harbour 3"}, version=1
        )

    cast.harbour.refresh_from_db()
    assert cast.harbour.name == "Harbour 2"
