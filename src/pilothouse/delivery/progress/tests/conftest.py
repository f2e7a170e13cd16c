# SPDX-License-Identifier: Apache-2.0
"""A plan of Harbour in its second week."""

import pytest

from pilothouse.delivery.progress.tests.harbour import lay_plan


@pytest.fixture
def uids(cast):
    return lay_plan(cast)
