# SPDX-License-Identifier: Apache-2.0
"""Browser files of others: what is there is what is written down, and anything else is told."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil

import pytest
from sources import ROOT

KEPT = ("package.json", "package-lock.json", "vendor.toml", "vendor.json", "vendor.py")


@pytest.fixture
def vendor(tmp_path):
    """The script over a copy of everything it looks at."""
    (tmp_path / "frontend").mkdir()
    for name in KEPT:
        shutil.copy(ROOT / "frontend" / name, tmp_path / "frontend" / name)
    for folder in ("src/pilothouse/faces/web/static/web/vendor", "tests/vendor"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    spec = importlib.util.spec_from_file_location("vendor", tmp_path / "frontend" / "vendor.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_those_written_down(vendor):
    assert vendor.differences() == []


def test_a_changed_file_is_named(vendor):
    path = vendor.ROOT / vendor.SHIPPED / "icons.svg"
    path.write_bytes(path.read_bytes().replace(b"symbol", b"Symbol", 1))

    assert vendor.differences() == [f"{vendor.SHIPPED}/icons.svg is not the file that is listed"]


def test_a_file_that_nobody_listed_is_named(vendor):
    (vendor.ROOT / vendor.SHIPPED / "more.js").write_text("")

    assert vendor.differences() == [f"{vendor.SHIPPED}/more.js is there and not listed"]


def test_a_version_that_is_not_the_pinned_one_is_named(vendor):
    path = vendor.HERE / "package.json"
    path.write_text(path.read_text().replace('"4.0.1"', '"4.0.2"'))

    target = f"{vendor.SHIPPED}/htmx-4.0.1.min.js"
    assert vendor.differences() == [f"{target} is not listed as htmx.org 4.0.2"]


def test_the_lock_file_names_no_registry(vendor):
    path = vendor.HERE / "package-lock.json"
    lock = json.loads(path.read_text())
    lock["packages"]["node_modules/htmx.org"]["resolved"] = "somewhere"
    path.write_text(json.dumps(lock))

    assert vendor.differences() == [
        "package-lock.json names a registry; keep frontend/.npmrc as it is"
    ]


def test_the_list_of_leaked_passwords_is_the_one_written_down(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("breached", ROOT / "requirements/breached.py")
    breached = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(breached)
    monkeypatch.setattr(breached, "installed", lambda: None)

    assert breached.differences() == []
    spoiled = tmp_path / "breached.bin"
    spoiled.write_bytes(breached.passwords.SHIPPED.read_bytes() + b"x")
    monkeypatch.setattr(breached.passwords, "SHIPPED", spoiled)
    assert breached.differences() == ["breached.bin is not the file that is written down"]


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = ROOT / "src/pilothouse/faces/web/static/web/vendor/icons.svg"
    there = set(re.findall(r'id="([^"]+)"', sprite.read_text()))
    named = {
        icon
        for path in (ROOT / "src/pilothouse").rglob("templates/**/*.html")
        for icon in re.findall(r"""\bicon\(["']([\w-]+)["']""", path.read_text())
    }

    assert named - there == set()
