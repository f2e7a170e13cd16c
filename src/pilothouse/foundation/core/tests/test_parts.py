# SPDX-License-Identifier: Apache-2.0
"""The list of parts as the product reads it, and what is installed beside it."""

import importlib.metadata

import pytest

from pilothouse.foundation.core.parts import BROWSER, DATA, PACKAGE, installed_otherwise, parts

DJANGO = next(part.version for part in parts() if part.name == "django")


def test_parts_are_of_three_kinds_and_each_has_a_licence_and_a_reason():
    assert {part.kind for part in parts()} == {PACKAGE, BROWSER, DATA}
    assert [part.name for part in parts() if not (part.licence and part.why)] == []
    assert [part.name for part in parts() if part.kind == DATA and not part.source] == []


def test_what_is_installed_here_is_what_is_listed():
    assert list(installed_otherwise()) == []


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("django", "4.2.1", [f"django is installed as 4.2.1, listed as {DJANGO}"]),
        ("django", None, ["django is not installed"]),
        ("mpxj", None, []),
        ("pysqlite3", None, []),
    ],
)
def test_another_version_and_a_missing_package_are_told(monkeypatch, name, version, said):
    known = importlib.metadata.version

    def pretend(asked):
        if asked != name:
            return known(asked)
        if version is None:
            raise importlib.metadata.PackageNotFoundError(asked)
        return version

    monkeypatch.setattr(importlib.metadata, "version", pretend)

    assert list(installed_otherwise()) == said
