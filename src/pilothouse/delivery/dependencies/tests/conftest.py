# SPDX-License-Identifier: Apache-2.0
"""The two projects of the tests."""

import pytest

from pilothouse.delivery.dependencies.tests import bonds


@pytest.fixture
def world(cast):
    """Piet sees both projects; Dora sees the dredging alone."""
    return bonds.build(cast)
