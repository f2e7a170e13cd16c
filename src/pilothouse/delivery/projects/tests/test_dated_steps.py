# SPDX-License-Identifier: Apache-2.0
"""Steps of the life-cycle count from the day they were decided, not from their entry."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.services import set_project_state
from pilothouse.delivery.projects.tree import states_on
from pilothouse.foundation.core.errors import Invalid

PLACED = date(2025, 1, 1)
"""Since when the cast's project stands where it stands."""


def close(cast, on):
    return set_project_state(
        actor=cast.ada.actor(), project=cast.harbour, target="closing", version=None, on=on
    )


def test_a_step_counts_from_the_day_it_was_decided(cast):
    close(cast, date(2025, 3, 1))

    step = cast.harbour.state_changes.get()
    assert timezone.localtime(step.at).date() == date(2025, 3, 1)
    assert states_on(date(2025, 2, 28))["project", cast.harbour.pk] == "executing"
    assert ("project", cast.harbour.pk) not in states_on(date(2025, 3, 1))


def test_a_step_without_a_day_counts_from_now(cast):
    close(cast, None)

    assert timezone.localtime(cast.harbour.state_changes.get().at).date() == timezone.localdate()


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (PLACED - timedelta(days=1), "choose that day or a later one"),
        (date(2199, 1, 1), "lies ahead"),
    ],
)
def test_a_day_before_the_last_step_or_ahead_is_refused(cast, day, reason):
    with pytest.raises(Invalid, match=reason) as refused:
        close(cast, day)

    assert set(refused.value.fields) == {"on"}
    assert Project.objects.get(pk=cast.harbour.pk).state == "executing"
    assert not cast.harbour.state_changes.exists()


def test_the_next_step_cannot_lie_before_the_last(cast):
    close(cast, date(2025, 3, 1))

    with pytest.raises(Invalid, match="since 1 Mar 2025"):
        set_project_state(
            actor=cast.ada.actor(),
            project=cast.harbour,
            target="closed",
            version=None,
            on=date(2025, 2, 1),
        )
