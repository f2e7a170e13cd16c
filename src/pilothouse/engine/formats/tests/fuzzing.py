# SPDX-License-Identifier: Apache-2.0
"""Valid files of every own format, spoiled at random: what a reader may do is read or refuse.

``run`` is what ``benchmarks/fuzz_formats.py`` calls a hundred thousand times and the tests a few
hundred times. The same seed gives the same inputs on every machine.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from pilothouse.engine.errors import EngineError
from pilothouse.engine.formats.evm_csv import read_evm
from pilothouse.engine.formats.mspdi import read_mspdi, write_mspdi
from pilothouse.engine.formats.patterson import read_patterson
from pilothouse.engine.formats.plan_json import read_plan_json, write_plan_json
from pilothouse.engine.formats.progen import read_progen
from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.formats.risks import read_risks
from pilothouse.engine.formats.selection_file import read_selection
from pilothouse.engine.formats.tests.test_levelling_problems import PATTERSON, PROGEN, PSPLIB
from pilothouse.engine.formats.tests.test_mspdi_hostile import LINKED
from pilothouse.engine.formats.tests.test_risks import FILE
from pilothouse.engine.formats.tests.test_selection_file import WHOLE
from pilothouse.engine.formats.tests.test_xer import whole_plan
from pilothouse.engine.formats.tests.test_xer_hostile import GOOD
from pilothouse.engine.formats.xer import read_xer, write_xer
from pilothouse.engine.network.plan import Plan

RISKS, SELECTION = json.dumps(FILE).encode(), json.dumps(WHOLE).encode()
EVM = b"period,pv,ev,ac\n1,10,8,9\n2,25,20,22\n3,40,,\n"
SECONDS = 5.0
"""Most that one input may take."""

_FIELD = re.compile(rb"[^\s<>\t,;|()\[\]{}\":]+")
_XML_VALUE = re.compile(rb"(?<=>)[^<>]+(?=<)")
_VALUE = re.compile(rb"(?<=: )(?:\"[^\"]*\"|[\w.-]+)|(?<=[\t,|;])[^\t,|;()\r\n]+")
_TOKENS = (
    b"",
    b"0",
    b"-1",
    b"1e99",
    b"NaN",
    b"999999999999999999999",
    b"2147483648",
    b"0.0000000001",
    b"9999-12-31",
    b"0001-01-01 00:00",
    b"2027-02-29T24:00",
    b"1950-01-01T00:00:00",
    b"2199-12-31T23:59:00",
    b"PT99999999H0M0S",
    b"true",
    b"null",
    b"\xff\xfe",
    b"\x00",
    b"\x7f\x7f",
    b"%R",
    b"]]>",
    b"&amp;",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"(" * 40,
    b"x" * 600,
    "ﬁ½Ⅻ٣".encode(),
)


@dataclass(frozen=True)
class Subject:
    """A format: its reader and valid files of it."""

    name: str
    read: Callable[[BinaryIO], object]
    seeds: tuple[bytes, ...]


def subjects() -> tuple[Subject, ...]:
    """Every format that we read ourselves."""
    plan = whole_plan()
    return (
        Subject("mspdi", read_mspdi, (LINKED.encode(), write_mspdi(plan))),
        Subject("xer", read_xer, (GOOD.encode(), write_xer(plan))),
        Subject("plan_json", read_plan_json, (write_plan_json(plan),)),
        Subject("selection", read_selection, (SELECTION,)),
        Subject("risks", read_risks, (RISKS,)),
        Subject("psplib", read_psplib, (PSPLIB.encode(),)),
        Subject("patterson", read_patterson, (PATTERSON.encode(),)),
        Subject("progen", read_progen, (PROGEN.encode(),)),
        Subject("evm_csv", read_evm, (EVM,)),
    )


@dataclass
class Outcome:
    """What came of the inputs of one format."""

    inputs: int = 0
    read: int = 0
    slowest: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[bytes, str]] = field(default_factory=list)


def spoil(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: of values only, or also of bits, bytes, lines, or the end cut off."""
    changes = chance.choice((_CHANGES, (_value,)))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(changes)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    spoiled = bytearray(data)
    spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice((chance.randbytes(3), *_TOKENS)) + data[at:]


def _remove(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.randint(1, 60) :]


def _field(data: bytes, chance: random.Random) -> bytes:
    found = list(_FIELD.finditer(data))
    if not found:
        return data
    here, other = chance.choice(found), chance.choice(found)
    text = chance.choice((*_TOKENS, other[0], other[0], other[0]))
    return data[: here.start()] + text + data[here.end() :]


def _value(data: bytes, chance: random.Random) -> bytes:
    """Another value where one stands, so that the file stays well formed."""
    found = list((_XML_VALUE if data.startswith(b"<") else _VALUE).finditer(data))
    if not found:
        return data
    here, other = chance.choice(found), chance.choice(found)
    text = chance.choice((*_TOKENS, other[0], other[0], other[0], here[0] + b"9", b"-" + here[0]))
    if here[0].startswith(b'"'):
        text = b'"' + text.strip(b'"') + b'"'
    return data[: here.start()] + text + data[here.end() :]


def _line(data: bytes, chance: random.Random) -> bytes:
    lines = re.split(rb"(?<=[\n>])", data)
    here, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(4)
    if kind == 0:
        del lines[here]
    elif kind == 1:
        lines.insert(here, lines[other])
    elif kind == 2:
        lines[here], lines[other] = lines[other], lines[here]
    else:
        lines[here:here] = lines[other : other + 12]
    return b"".join(lines)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


_CHANGES = (_flip, _insert, _remove, _field, _field, _field, _line, _cut)


def run(subject: Subject, inputs: int, seed: int) -> Outcome:
    """Spoil and read; whatever is neither a result nor an engine error in time is a fault."""
    chance, outcome = random.Random(f"{subject.name} {seed}"), Outcome()
    for _ in range(inputs):
        data = spoil(chance.choice(subject.seeds), chance)
        begin = time.process_time()
        try:
            result = subject.read(BytesIO(data))
            outcome.read += 1
            if isinstance(result, Plan):
                _write(result)
        except EngineError as error:
            outcome.codes[error.code] += 1
        except Exception as error:
            outcome.faults.append((data, repr(error)))
        took = time.process_time() - begin
        outcome.inputs += 1
        outcome.slowest = max(outcome.slowest, took)
        if took > SECONDS:
            outcome.faults.append((data, f"took {took:.1f} s"))
    return outcome


def _write(plan: Plan) -> None:
    """A plan that was read can be written in every format, or is refused in words."""
    for write in (write_mspdi, write_xer, write_plan_json):
        try:
            write(plan)
        except EngineError:
            continue
