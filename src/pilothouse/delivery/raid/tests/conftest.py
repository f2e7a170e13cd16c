# SPDX-License-Identifier: Apache-2.0
"""The registers of the tests."""

import pytest

from pilothouse.delivery.raid.tests import registers


@pytest.fixture
def raid(cast):
    """Harbour with people above it."""
    return registers.build(cast)
