# SPDX-License-Identifier: Apache-2.0
import doctest
import importlib
import pkgutil

import pytest

from pilothouse import engine

MODULES = [
    found.name
    for found in pkgutil.walk_packages(engine.__path__, "pilothouse.engine.")
    if ".tests" not in found.name
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_are_found():
    tried = {name: doctest.testmod(importlib.import_module(name)).attempted for name in MODULES}

    assert tried["pilothouse.engine.schedule.schedule"] > 0
    assert tried["pilothouse.engine.earned_value.measures"] > 0
