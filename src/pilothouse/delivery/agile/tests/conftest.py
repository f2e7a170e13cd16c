# SPDX-License-Identifier: Apache-2.0
"""The team of the tests."""

import pytest

from pilothouse.delivery.agile.tests.team import gather


@pytest.fixture
def team(cast):
    """Harbour works in sprints; Piet orders, Tess is on the team."""
    return gather(cast)


@pytest.fixture
def as_(client, cast):
    def become(who):
        client.force_login(cast.people[who])
        return client

    return become
