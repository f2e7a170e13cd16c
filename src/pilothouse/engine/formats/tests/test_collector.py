# SPDX-License-Identifier: Apache-2.0
"""The collector rests while a plan is read, and is afterwards as it was before."""

from __future__ import annotations

import gc

import pytest

from pilothouse.engine.formats.collector import collector_paused


@pytest.fixture(autouse=True)
def running():
    gc.enable()
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_inside_and_all_is_as_before_outside():
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="stop"), collector_paused():
        assert not gc.isenabled()
        raise ValueError("stop")

    assert gc.isenabled()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_what_was_made_inside_is_collected_later():
    with collector_paused():
        circle = []
        circle.append(circle)
        del circle

    assert gc.collect() > 0


def test_who_has_switched_it_off_keeps_it_off_and_who_has_frozen_objects_keeps_them():
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()

    gc.enable()
    gc.freeze()
    frozen = gc.get_freeze_count()
    with collector_paused():
        pass
    assert gc.get_freeze_count() >= frozen > 0
