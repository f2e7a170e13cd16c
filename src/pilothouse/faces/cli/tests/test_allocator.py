# SPDX-License-Identifier: Apache-2.0
"""Giving memory back is asked of the C library, and done without where that has no such word."""

from __future__ import annotations

import platform

import pytest

from pilothouse.faces.cli import allocator


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_the_gnu_library_takes_the_words():
    assert allocator.give_memory_back()


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())

    assert not allocator.give_memory_back()
