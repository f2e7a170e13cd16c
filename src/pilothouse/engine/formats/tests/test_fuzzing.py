# SPDX-License-Identifier: Apache-2.0
"""Spoiled files of every own format: read or refused, never anything else.

``python benchmarks/fuzz_formats.py`` does the same with more than 100,000 inputs.
"""

from __future__ import annotations

from io import BytesIO

import pytest

from pilothouse.engine.formats.tests.fuzzing import run, subjects


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_valid_files_are_read(subject):
    for seed in subject.seeds:
        subject.read(BytesIO(seed))


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_a_spoiled_file_is_read_or_refused_in_time(subject):
    outcome = run(subject, 400, seed=2027)

    assert outcome.faults == []
    assert 0 < outcome.read < outcome.inputs == 400
