# SPDX-License-Identifier: Apache-2.0
import doctest

import pytest

from pilothouse.engine.appraisal import figures, returns
from pilothouse.engine.calendars import working_time
from pilothouse.engine.earned_value import curve, measures, methods
from pilothouse.engine.schedule import schedule
from pilothouse.engine.scoring import pairwise, ranking, ratios, weighted

MODULES = [
    *(working_time, schedule),
    *(curve, measures, methods),
    *(figures, returns),
    *(pairwise, ranking, ratios, weighted),
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_hold(module):
    failed, tried = doctest.testmod(module)

    assert tried > 0
    assert failed == 0
