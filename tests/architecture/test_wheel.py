# SPDX-License-Identifier: Apache-2.0
"""The wheel: what is in it and what is not, alike from two builds, and enough to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from sources import ROOT

from pilothouse import __version__

OF_DEVELOPMENT = (
    "pilothouse/config/settings/dev.py",
    "pilothouse/config/settings/test.py",
    "pilothouse/engine/testing/",
)
INFO = f"pilothouse-{__version__}.dist-info"
OF_THE_WHEEL = {
    f"{INFO}/{name}"
    for name in (
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "licenses/THIRD-PARTY.md",
        "sboms/parts.cdx.json",
    )
}
NOT_TO_BUILD_FROM = shutil.ignore_patterns(
    ".*", "__pycache__", "var", "dist", "shots", "docs", "benchmarks", "node_modules", "tests"
)


def build(source, target):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("one"))


def test_the_wheel_holds_the_sources_and_nothing_of_development(wheel):
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src/pilothouse").rglob("*")
        if path.is_file() and not {"tests", "__pycache__"} & set(path.parts[len(ROOT.parts) :])
    }
    expected = {name for name in sources if not name.startswith(OF_DEVELOPMENT)} | OF_THE_WHEEL

    with zipfile.ZipFile(wheel) as archive:
        assert sorted(archive.namelist()) == sorted(expected)


def test_two_builds_are_the_same_bytes(wheel, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(ROOT, elsewhere, ignore=NOT_TO_BUILD_FROM)
    shutil.copy(ROOT / ".gitignore", elsewhere)
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))

    assert build(elsewhere, tmp_path / "two").read_bytes() == wheel.read_bytes()


def test_what_is_in_the_wheel_is_enough_to_start(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "data").mkdir()
    own = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path / "site"),
        "PILOTHOUSE_DATA": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "pilothouse.config.settings.prod",
    }

    def run(*words):
        command = [sys.executable, "-m", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=own, check=True, capture_output=True, text=True
        ).stdout

    assert run("pilothouse", "--version") == f"pilothouse {__version__}\n"
    assert run("pilothouse", "parts").startswith("Part ")
    assert "no issues" in run("django", "check")
    assert "static files copied" in run("django", "collectstatic", "--no-input")
