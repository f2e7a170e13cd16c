# SPDX-License-Identifier: Apache-2.0
"""The list of parts is whole, allowed and valid; holes are asked for honestly and grow not old."""

from __future__ import annotations

import copy
import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from sources import ROOT


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "requirements" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


parts = loaded("parts")
holes = loaded("holes")


@pytest.fixture
def asked():
    return copy.deepcopy(parts.table())


def listed():
    return json.loads(parts.LIST.read_text())


def test_the_list_is_whole_allowed_and_up_to_date(asked):
    assert parts.wrong(asked) == []
    assert parts.out_of_date(asked) == [], "run: make parts"


def test_the_list_is_what_the_specification_asks_for():
    validator = JsonStrictValidator(SchemaVersion.V1_7)

    assert validator.validate_str(parts.LIST.read_text()) is None
    spoiled = listed()
    spoiled["components"][0]["licenses"] = [{"license": {"id": "No such licence"}}]
    assert validator.validate_str(json.dumps(spoiled)) is not None


def test_the_list_holds_every_package_with_the_hashes_of_the_lock():
    packages = {
        row["bom-ref"]: row
        for row in listed()["components"]
        if row["purl" if "purl" in row else "type"].startswith("pkg:pypi/")
    }
    lines = (ROOT / "requirements/run.txt").read_text().splitlines()
    locked = [line.split()[0] for line in lines if "==" in line]
    hashes = sorted(line.split("sha256:")[1].split()[0] for line in lines if "sha256:" in line)

    required = [row for row in packages.values() if row["scope"] == "required"]
    assert sorted(f"{row['name']}=={row['version']}" for row in required) == sorted(locked)
    assert hashes == sorted(
        value["content"]
        for row in required
        for link in row["externalReferences"]
        for value in link["hashes"]
    )


def test_the_list_holds_every_file_of_others_that_goes_out():
    files = {
        inside["name"]
        for row in listed()["components"]
        for inside in row.get("components", ())
        if inside["type"] == "file"
    }
    package = ROOT / "src/pilothouse"
    vendor = (package / "faces/web/static/web/vendor").iterdir()
    data = (package / "exchange/gmpp/data").glob("*.gz")
    leaked = (package / "foundation/accounts/breached").glob("*.bin")
    there = [path for path in (*vendor, *data, *leaked) if path.name != "THIRD-PARTY.txt"]

    assert sorted(files) == sorted(path.relative_to(ROOT / "src").as_posix() for path in there)


def test_every_part_hangs_on_the_product():
    below = {row["ref"]: row["dependsOn"] for row in listed()["dependencies"]}
    reached, waiting = set(), [listed()["metadata"]["component"]["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += below[ref]

    assert reached == set(below)
    assert reached > {row["bom-ref"] for row in listed()["components"]}


def test_the_same_sources_give_the_same_bytes(asked):
    moment = datetime(2026, 11, 26, 12, tzinfo=UTC)

    assert parts.text_of(parts.document(asked)) == parts.LIST.read_text()
    one, two = (parts.document(parts.table(), moment) for _ in range(2))
    assert parts.text_of(one) == parts.text_of(two)
    assert one["metadata"]["timestamp"] == "2026-11-26T12:00:00Z"
    assert one["serialNumber"] != listed()["serialNumber"]


def test_the_time_of_a_release_is_never_that_of_now(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795694400")

    assert parts.release_time() == datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize("word", ["licence", "why", "needed_by"])
def test_a_package_that_lacks_a_word_is_refused(asked, word):
    asked["package"]["whitenoise"][word] = ""

    assert f"whitenoise has no {word} in parts.toml" in list(
        parts.incomplete(asked, parts.packages(asked))
    )


def test_a_package_without_entry_or_hash_or_lock_is_refused(asked):
    h11, *others = [part for part in parts.packages(asked) if part.name in {"h11", "click"}][::-1]
    bare = replace(h11, hashes=())
    new = replace(h11, name="left-pad", version="1.0")

    said = list(parts.incomplete(asked, [bare, new, *others]))
    assert "h11 0.16.0 has no hash; run: make lock" in said
    assert "left-pad 1.0 has no entry in parts.toml" in said
    assert "jinja2 stands in parts.toml and is not installed to run" in said


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("AGPL-3.0-only", "h11: AGPL-3.0-only is not among the licences that are allowed there"),
        ("MIT AND GPL-2.0-only", "h11: MIT AND GPL-2.0-only is not among"),
        ("EPL-2.0", "h11: EPL-2.0 is not among"),
        ("BSD", "h11: ‘BSD’ is no licence by its SPDX name"),
    ],
)
def test_a_licence_that_is_not_allowed_is_refused(asked, licence, said):
    asked["package"]["h11"]["licence"] = licence

    (fault,) = parts.not_allowed(asked)
    assert fault.startswith(said)


def test_one_of_two_licences_is_enough_and_one_of_three_places_is_not(asked):
    asked["package"]["h11"]["licence"] = "GPL-2.0-only OR MIT"
    assert list(parts.not_allowed(asked)) == []

    asked["data"][0]["licence"] = "LGPL-3.0-only"
    (fault,) = parts.not_allowed(asked)
    assert "LGPL-3.0-only is not among" in fault


def test_what_a_package_says_of_itself_is_held_against_the_list(asked):
    asked["package"]["uvicorn"]["licence"] = "MIT"
    asked["package"]["jinja2"]["licence"] = "MIT"
    asked["package"]["h11"]["needed_by"] = ["django"]

    assert list(parts.contradicted(asked, parts.packages(asked))) == [
        "django does not need h11, and parts.toml says so",
        "jinja2 says of itself ‘BSD License’, parts.toml says MIT",
        "uvicorn says of itself ‘BSD-3-Clause’, parts.toml says MIT",
        "uvicorn needs h11, and parts.toml does not say so",
    ]


def test_a_file_of_others_that_nobody_listed_is_refused(asked, monkeypatch, tmp_path):
    folder = tmp_path / "src/pilothouse/exchange"
    folder.mkdir(parents=True)
    (folder / "words.txt").write_text("a list of somebody\n")
    (folder / "reading.py").write_text("")
    shutil.copytree(ROOT / "frontend", tmp_path / "frontend")
    for entry in asked["data"]:
        shutil.copytree(ROOT / entry["folder"], tmp_path / entry["folder"])
    monkeypatch.setattr(parts, "ROOT", tmp_path)

    assert list(parts.not_listed(asked)) == [
        "src/pilothouse/exchange/words.txt is no source of ours and stands in no list of parts"
    ]


def test_the_list_is_written_where_it_is_asked_for(tmp_path):
    target = tmp_path / "dist" / "list.json"

    assert parts.main(["release", str(target)]) == 0
    assert json.loads(target.read_text())["metadata"]["timestamp"] == (
        f"{parts.release_time():%Y-%m-%dT%H:%M:%SZ}"
    )
    assert parts.main(["sail"]) == 2


# ---- known holes ----

ONE = parts.Locked("django", "5.2.19", "", ("sha256:0",))
TWO = parts.Locked("jinja2", "3.1.6", "", ("sha256:1",))
TODAY = date(2026, 11, 26)
HOLE = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["5.2.20"], "description": "…"}


def answer(*rows):
    return json.dumps({"dependencies": rows, "fixes": []})


def well(part, *found):
    return {"name": part.name, "version": part.version, "vulns": list(found)}


def entry(**changes):
    words = {"id": "CVE-1", "package": "django", "seen": "2026-11-20", "weight": "usual"} | changes
    quoted = "".join(
        f"{name} = {value}\n" if name == "seen" else f'{name} = "{value}"\n'
        for name, value in words.items()
    )
    return f'[[hole]]\n{quoted}why = "A release is awaited."\n'


def judge(text, written="", must_ask=True, today=TODAY):
    told = holes.read([ONE, TWO], text)
    return holes.judge(must_ask, told, written, today, {"django", "jinja2"})


def test_every_package_must_have_been_asked_for():
    skipped = {"name": "jinja2", "skip_reason": "Dependency not found and could not be audited"}

    assert judge(answer(well(ONE), well(TWO))) == []
    assert judge(answer(well(ONE), skipped)) == ["no answer about jinja2"]
    assert judge(answer(well(ONE))) == ["no answer about jinja2"]
    other = replace(TWO, version="3.1.5")
    assert judge(answer(well(ONE), well(other))) == ["no answer about jinja2"]
    for nothing in ("", "no network", "[]", "{}"):
        assert judge(nothing) == ["no answer about django, jinja2"]
        assert judge(nothing, must_ask=False) == []


def test_where_nothing_can_be_asked_a_build_says_so_loudly(monkeypatch, capsys):
    monkeypatch.setattr(holes, "told", lambda group: "")

    assert holes.main(["check"]) == 0
    told = capsys.readouterr()
    assert (told.out, "could not be asked for. Nothing is known" in told.err) == ("", True)
    assert holes.main(["ask"]) == 1
    assert "no answer about absl-py" in capsys.readouterr().err


def test_a_hole_that_nobody_looked_at_is_an_error():
    found = answer(well(ONE, HOLE), well(TWO))

    assert (
        judge(found)
        == judge(found, must_ask=False)
        == [
            "django 5.2.19: PYSEC-1, mended in 5.2.20. Take the newer one, or write it down in holes.toml."
        ]
    )
    assert judge(found, entry()) == judge(found, entry(id="PYSEC-1")) == []
    assert len(judge(found, entry(id="CVE-2"))) == 2


@pytest.mark.parametrize(
    ("weight", "last"),
    [
        ("critical", date(2026, 11, 22)),
        ("usual", date(2026, 11, 27)),
        ("not reached", date(2027, 2, 18)),
    ],
)
def test_no_hole_stays_longer_than_its_weight_allows(weight, last):
    found, held = answer(well(ONE, HOLE), well(TWO)), entry(weight=weight)

    assert judge(found, held, today=last) == []
    late = f"django: CVE-1 was to be mended by {last} ({weight})"
    assert judge(found, held, today=date.fromordinal(last.toordinal() + 1)) == [late]
    assert judge("", held, must_ask=False, today=date(2028, 1, 1)) == [late]


def test_an_entry_about_nothing_is_an_error():
    nothing = answer(well(ONE), well(TWO))

    assert judge(nothing, entry()) == ["django: CVE-1 is mended; take it out of holes.toml"]
    assert judge("", entry(), must_ask=False) == []
    assert judge(nothing, entry(package="flask")) == [
        "flask: CVE-1 stands in holes.toml, and the package is no part any more",
        "flask: CVE-1 is mended; take it out of holes.toml",
    ]
    assert judge(nothing, entry(weight="some")) == [
        "entry 1 of holes.toml: weight is one of critical, usual, not reached, seen is a day"
    ]
    assert judge(nothing, entry(package="")) == [
        "entry 1 of holes.toml needs id, package, seen, weight, why"
    ]


def test_a_package_in_two_versions_is_asked_for_in_two_rounds():
    numpy = [part for part in parts.packages(parts.table()) if part.name == "numpy"]

    assert len(numpy) == 2
    assert [[part.version for part in group] for group in holes.rounds([*numpy, ONE])] == [
        [numpy[0].version, ONE.version],
        [numpy[1].version],
    ]


def test_the_tool_that_asks_is_called_with_names_and_versions(monkeypatch):
    called = []

    def run(command, **options):
        name = command[-1].removeprefix("--requirement=")
        called.append((command[1:4], Path(name).read_text()))
        return subprocess.CompletedProcess(command, 1, answer(well(ONE), well(TWO)), "")

    monkeypatch.setattr(holes.subprocess, "run", run)

    assert holes.ask([ONE, TWO]) == holes.Answer((), ())
    assert called == [(["-m", "pip_audit", "--no-deps"], "django==5.2.19\njinja2==3.1.6\n")]
    assert holes.main(["sail"]) == 2
