# SPDX-License-Identifier: Apache-2.0
"""Asking a scanner: a file is clean only where that was said in whole and in time."""

import socket
import sys
import threading
import time

import pytest

from pilothouse.foundation.scanning.checks import check_scanner
from pilothouse.foundation.scanning.scanner import (
    TooLarge,
    Unanswered,
    WrongAddress,
    scanner_at,
)
from stub_clamd import BAD, EICAR, SIGNATURE, StubClamd

LARGE = b"x" * 3_000_000


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, tmp_path):
    stub = StubClamd(tmp_path / "clamd.ctl" if request.param == "unix" else None)
    yield stub
    stub.stop()


@pytest.mark.parametrize("data", [b"", b"Code,Name\n", LARGE, b"stream: OK\0" * 9])
def test_a_clean_file_is_sent_whole_and_found_clean(clamd, data):
    assert scanner_at(clamd.address).examine(data) == ""
    assert clamd.seen == [data]


@pytest.mark.parametrize("data", [EICAR, LARGE + EICAR, EICAR + LARGE])
def test_what_is_found_is_named(clamd, data):
    assert scanner_at(clamd.address).examine(data) == SIGNATURE


@pytest.mark.parametrize("mode", [*BAD, "silent", "midway"])
@pytest.mark.parametrize("data", [b"small", LARGE])
def test_an_answer_that_is_no_verdict_is_never_clean(clamd, mode, data):
    clamd.mode = mode

    with pytest.raises(Unanswered):
        scanner_at(clamd.address).examine(data)


def test_clean_that_was_said_before_the_end_of_the_file_is_no_verdict(clamd):
    clamd.mode = "early"

    with pytest.raises(Unanswered, match="gave no verdict"):
        scanner_at(clamd.address).examine(LARGE)


def test_a_file_beyond_the_limit_of_the_scanner_is_no_verdict_either(clamd):
    clamd.limit = 1_000_000

    assert scanner_at(clamd.address).examine(b"x" * 1_000_000) == ""
    with pytest.raises(TooLarge):
        scanner_at(clamd.address).examine(LARGE)


def test_a_scanner_that_is_slow_is_waited_for_no_longer_than_said(clamd):
    clamd.mode = "slow"

    with pytest.raises(Unanswered, match=r"within 0\.2 seconds") as told:
        scanner_at(f"{clamd.place}?timeout=0.2").examine(b"a")

    assert told.value.silent


def test_a_scanner_that_dribbles_is_cut_off_by_the_same_clock():
    """Each sign comes in time, the answer never does."""
    server = socket.create_server(("127.0.0.1", 0))
    host, port = server.getsockname()
    scanner = scanner_at(f"clamd://{host}:{port}?timeout=0.3")

    def dribble(line):
        try:
            while True:
                line.sendall(b"s")
                time.sleep(0.02)
        except OSError:
            line.close()

    thread = threading.Thread(target=lambda: dribble(server.accept()[0]))
    thread.start()
    with pytest.raises(Unanswered, match=r"within 0\.3 seconds"):
        scanner.examine(b"a")
    thread.join()
    server.close()


def test_nobody_there_is_silence(clamd, tmp_path):
    clamd.stop()

    for address in (clamd.address, f"clamd://{tmp_path}/absent.ctl", "command:/no/such/program"):
        with pytest.raises(Unanswered) as told:
            scanner_at(address).examine(b"a")
        assert told.value.silent
        with pytest.raises(Unanswered):
            scanner_at(address).knock()
    clamd.stop = lambda: None


def test_the_scanner_says_who_it_is(clamd):
    assert scanner_at(clamd.address).knock() == "ClamAV 0.0.0/stub"
    clamd.mode = "garbage"
    with pytest.raises(Unanswered):
        scanner_at(clamd.address).knock()


@pytest.fixture
def program(tmp_path):
    def write(body):
        path = tmp_path / "look"
        path.write_text(f"#!{sys.executable}\nimport sys, time, subprocess\n{body}\n")
        path.chmod(0o700)
        return scanner_at(f"command:{path}?timeout=5")

    return write


def test_a_program_says_by_its_code_what_it_found(program):
    look = program("sys.exit(b'bad' in sys.stdin.buffer.read() and (print('head\\nX.Y') or 1))")

    assert look.examine(b"good") == ""
    assert look.examine(b"bad") == "X.Y"
    assert look.knock().endswith("look")


@pytest.mark.parametrize(
    "body", ["sys.exit(2)", "sys.exit(255)", "import os; os.kill(os.getpid(), 9)"]
)
def test_another_code_of_a_program_is_no_verdict(program, body):
    with pytest.raises(Unanswered, match="ended with code"):
        program(body).examine(b"a")


def test_a_program_that_found_something_without_a_name_has_still_found_it(program):
    assert program("sys.exit(1)").examine(b"a") == "something unnamed"


def test_a_program_that_takes_too_long_is_ended_with_what_it_started(program, tmp_path):
    mark = tmp_path / "mark"
    late = f"import time; time.sleep(1.5); open({str(mark)!r}, 'w')"
    look = program(f"subprocess.Popen([sys.executable, '-c', {late!r}]); time.sleep(60)")

    with pytest.raises(Unanswered, match="within 1 seconds"):
        type(look)(look.path, 1.0).examine(b"a")

    time.sleep(1.2)
    assert not mark.exists()


@pytest.mark.parametrize(
    "address",
    [
        "clamav",
        "http://localhost",
        "clamd://",
        "clamd:run/clamd.ctl",
        "clamd://host:port",
        "clamd://host:99999",
        "clamd://host..example.org",
        f"clamd://{'h' * 64}",
        "clamd:///run/clamd%00.ctl",
        "command:/bin/look%00",
        "clamd://host/run/clamd.ctl",
        "clamd://name:word@host",
        "clamd://host?timeout=0",
        "clamd://host?timeout=ages",
        "clamd://host?timeout=1e9",
        "clamd://host?speed=1",
        "command:look",
        "command://host/look",
    ],
)
def test_an_address_that_is_not_understood_is_an_error_before_the_start(settings, address):
    settings.PILOTHOUSE_SCANNER = address

    with pytest.raises(WrongAddress):
        scanner_at(address)
    assert [row.id for row in check_scanner(None)] == ["pilothouse.E008"]


@pytest.mark.parametrize(
    "address", ["", "clamd:///run/clamav/clamd.ctl", "clamd://[::1]:3310", "command:/bin/true"]
)
def test_an_address_that_is_understood_is_none(settings, address):
    settings.PILOTHOUSE_SCANNER = address

    assert check_scanner(None) == []
