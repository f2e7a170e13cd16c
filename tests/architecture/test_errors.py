# SPDX-License-Identifier: Apache-2.0
"""Every error has a code that is written out, a status, and a line in docs/reference/errors.md."""

from __future__ import annotations

import importlib
import re
from http import HTTPStatus

from sources import ROOT, modules

from error_codes import ROOTS, codes, tree, unclear
from pilothouse.engine.errors import EngineError
from pilothouse.foundation.core.errors import PilothouseError
from reference_pages import KINDS

PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\| `([^`]+)` \| ([\d, ]+) \| (.+) \|$", re.M)


def below(kind: type) -> set[type]:
    return {kind}.union(*(below(child) for child in kind.__subclasses__()))


def test_every_kind_of_the_tree_is_known_and_described():
    for module in modules():
        if module.room != "__main__":
            importlib.import_module(module.name)
    kinds = {kind.__name__ for root in (PilothouseError, EngineError) for kind in below(root)}

    assert kinds - set(tree()) == set()
    assert kinds - ROOTS == set(KINDS)


def test_every_code_is_written_out_where_it_is_raised():
    assert unclear() == []


def test_every_code_has_a_line_and_every_line_a_code():
    lines = {name: statuses for name, statuses, _ in LINE.findall(PAGE)}

    assert set(codes()) - set(lines) == set(), "run: make docs"
    assert set(lines) - set(codes()) == set(), "run: make docs"
    for name, code in codes().items():
        assert lines[name] == ", ".join(map(str, sorted(code.statuses)))


def test_codes_name_their_part_and_their_reason():
    assert [name for name in codes() if not re.fullmatch(r"[a-z]+\.[a-z_]+", name)] == []
    assert [code.name for code in codes().values() if not code.statuses] == []
    assert all(HTTPStatus(status) for code in codes().values() for status in code.statuses)


def test_every_code_shows_a_sentence():
    assert [code.name for code in codes().values() if not any(code.says)] == []
