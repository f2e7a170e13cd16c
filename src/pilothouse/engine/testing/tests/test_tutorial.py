# SPDX-License-Identifier: Apache-2.0
import doctest
from pathlib import Path

PAGE = Path(__file__).parents[5] / "docs" / "tutorials" / "engine-from-python.md"


def test_the_examples_of_the_tutorial_hold():
    failed, tried = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )

    assert (failed, tried > 20) == (0, True)
