# SPDX-License-Identifier: Apache-2.0
"""Leaked passwords are refused without the network (ASVS 6.2.4, 6.2.12)."""

from __future__ import annotations

import io
import random
import string
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core import checks, mail
from django.core.exceptions import ValidationError
from django.test import Client

from cast import PASSWORD, SYSTEM
from pilothouse.faces.cli.main import main
from pilothouse.foundation.accounts import passwords
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.passwords import is_leaked
from pilothouse.foundation.accounts.services import create_user, send_invitation
from pilothouse.foundation.core.errors import Invalid

LEAKED = "iloveyou1234"
FREE = "Kran,Kai 7 Möwen"
OWN = "Rotterdam Maasvlakte"
"""Leaked nowhere but in the operator's own list."""


def lines(path: Path, *texts: str) -> Path:
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def digests(path: Path, *texts: str, count: str = ":7") -> Path:
    """As the well-known list is: in capitals, sorted, how often beside, lines of CR and LF."""
    rows = sorted(passwords.sha1_of(text).decode() for text in texts)
    path.write_bytes("".join(f"{row}{count}\r\n" for row in rows).encode())
    return path


def refused(password: str) -> bool:
    try:
        validate_password(password)
    except ValidationError:
        return True
    return False


def complaints() -> list[tuple[str, str]]:
    found = checks.run_checks(tags=[checks.Tags.security])
    return [
        (str(item.id), item.msg)
        for item in found
        if item.id in ("pilothouse.E009", "pilothouse.E010")
    ]


def test_none_of_the_most_common_passwords_is_taken():
    common = CommonPasswordValidator().passwords
    assert len(common) > 19_000

    taken = [word for word in common if not refused(word)]

    assert taken == []


def test_the_shipped_list_goes_far_beyond_the_common_ones():
    assert passwords.require_shipped() > 4_000_000
    beyond = ["zaq12wsxcde34rfv", "correcthorsebatterystaple", "ihatepasswords", "letmeinplease"]

    assert [word for word in beyond if not refused(word)] == []
    assert set(beyond) & set(CommonPasswordValidator().passwords) == set()


@pytest.mark.parametrize(
    "password",
    [
        LEAKED,
        "ILoveYou1234",
        "Iloveyou!!!!",
        "Football2026!",
        "PASSWORD-2026",
        "zaq12wsxcde34rfv!1",
        "ＰＡＳＳＷＯＲＤ１２３",
        "ﬁrefighter",
        "Straße1234",
        "11111111111111",
        "пароль12345",
    ],
)
def test_case_letters_of_another_form_and_additions_at_the_end_do_not_help(password):
    assert is_leaked(password)


@pytest.mark.parametrize(
    "password",
    [
        FREE,
        PASSWORD,
        "naïve café 漢字 🚢🚢",
        "four words that differ",
        " spaces stay spaces ",
        "dragon8350271946",
        "\ud800 half a sign",
        "a" * 5000,
    ],
)
def test_others_are_taken(password):
    assert not is_leaked(password)


def test_more_than_six_signs_at_the_end_are_not_looked_past():
    assert is_leaked("dragon-=-=-=")
    assert not is_leaked("dragon-=-=-=-")


@pytest.mark.parametrize(
    "password",
    ["!" * 5_000_000 + "a", "!" * 1023 + "a", "a" + "\u0301\u0323" * 2_000_000],
    ids=["signs", "signs that are looked up", "accents"],
)
def test_a_password_that_is_made_to_keep_a_machine_busy_is_judged_at_once(password):
    assert not is_leaked(password)


def test_only_what_is_added_at_the_very_end_is_looked_past():
    assert list(passwords._bases("quay!1b2?")) == ["quay!1b2?", "quay!1b2", "quay!1b"]
    assert list(passwords._bases("quay12")) == ["quay12", "quay1", "quay"]
    assert list(passwords._bases("qu12")) == ["qu12"]
    assert list(passwords._bases("!" * 1023 + "a")) == ["!" * 1023 + "a"]


def test_one_of_a_thousand_is_refused_by_chance_and_not_more():
    dice = random.Random(26)
    made = ("".join(dice.choices(string.ascii_lowercase, k=16)) for _ in range(4000))

    assert sum(map(is_leaked, made)) <= 12


def test_the_list_is_read_when_a_password_is_set_and_nothing_of_it_is_kept(monkeypatch):
    opened = []
    plain = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *more: opened.append(path) or plain(path, *more))

    is_leaked(FREE)
    is_leaked(FREE)

    assert opened == [passwords.SHIPPED] * 2
    assert not any(
        isinstance(value, bytes) and len(value) > 100 for value in vars(passwords).values()
    )


def test_a_packed_list_holds_what_was_packed(tmp_path, monkeypatch):
    dice = random.Random(7)
    words = [f"{dice.getrandbits(60):x}-quay" for _ in range(3000)]
    path = tmp_path / "list.bin"
    path.write_bytes(passwords.packed(words, rice=20, block_bits=5))
    monkeypatch.setattr(passwords, "SHIPPED", path)

    assert [word for word in words if not passwords._is_shipped(word)] == []
    assert sum(passwords._is_shipped(f"other-{number}-quay") for number in range(3000)) == 0


@pytest.mark.parametrize("spoiled", ["missing", "empty", "cut", "other", "changed"])
def test_a_shipped_list_that_is_spoiled_stops_the_start_and_no_password_is_taken(
    tmp_path, monkeypatch, spoiled
):
    data = passwords.SHIPPED.read_bytes()
    path = tmp_path / "breached.bin"
    kept = {
        "empty": b"",
        "cut": data[: len(data) // 2],
        "other": b"no list at all" * 9000,
        "changed": data[:-1] + bytes([data[-1] ^ 1]),
    }
    if spoiled in kept:
        path.write_bytes(kept[spoiled])
    monkeypatch.setattr(passwords, "SHIPPED", path)

    assert complaints() == [
        (
            "pilothouse.E009",
            "The list of leaked passwords that is shipped (breached.bin) is missing or spoiled; "
            "install Pilothouse anew.",
        )
    ]
    if spoiled in ("missing", "empty", "other"):
        with pytest.raises(ValidationError, match=r"No password can be set now\. Tell your system"):
            validate_password(FREE)


@pytest.mark.parametrize("kind", [lines, digests])
def test_an_own_list_is_asked_too(tmp_path, settings, kind):
    others = [f"port number {number}" for number in range(2000)]
    assert not refused(OWN)
    settings.PILOTHOUSE_BREACHED_PASSWORDS = str(
        kind(tmp_path / "own", *others, OWN, "harbour wall")
    )

    assert complaints() == []
    assert refused(OWN)
    assert refused(OWN + "2026!")
    assert refused("harbour wall")
    assert refused("port number 0")
    assert refused("port number 1999")
    assert not refused(FREE)
    assert refused(OWN.upper()) is (kind is lines)


@pytest.mark.parametrize("count", [":7", ""])
@pytest.mark.parametrize("length", [1, 2, 3, 50])
def test_every_line_of_a_list_of_digests_is_found(tmp_path, settings, length, count):
    words = [f"mooring post {number}x" for number in range(length)]
    settings.PILOTHOUSE_BREACHED_PASSWORDS = str(digests(tmp_path / "own", *words, count=count))

    assert [word for word in words if not refused(word)] == []
    assert [n for n in range(200) if refused(f"other post {n}y")] == []


def test_a_list_of_lines_may_begin_with_a_mark_and_end_in_the_way_of_windows(tmp_path, settings):
    path = tmp_path / "own"
    path.write_bytes(b"\xef\xbb\xbf" + f"{OWN}\r\nharbour wall\r\n".encode())
    settings.PILOTHOUSE_BREACHED_PASSWORDS = str(path)

    assert complaints() == []
    assert refused(OWN)
    assert refused("Harbour Wall")


def _bad_lists(folder: Path) -> dict[str, tuple[Path, str]]:
    unsorted = digests(folder / "unsorted", *(f"quay {number}" for number in range(300)))
    unsorted.write_bytes(b"".join(reversed(unsorted.read_bytes().splitlines(keepends=True))))
    broken = digests(folder / "broken", *(f"quay {number}" for number in range(300)))
    broken.write_bytes(broken.read_bytes()[:9000] + b"?" * 9000)
    (folder / "empty").write_bytes(b"")
    (folder / "latin").write_bytes("Möwen am Kai\n".encode("latin-1"))
    (folder / "large").write_bytes(b"a quay of stone\n" * 700_000)
    return {
        "missing": (folder / "missing", "cannot be read (No such file or directory)"),
        "folder": (folder, "which is no file"),
        "empty": (folder / "empty", "is empty"),
        "latin": (folder / "latin", "is no text in UTF-8; save it as UTF-8"),
        "large": (folder / "large", "Give a file of sorted SHA-1 digests instead"),
        "unsorted": (unsorted, "is not sorted by digest; sort it"),
        "broken": (broken, "a line of it is no SHA-1 digest. Download it again"),
    }


@pytest.mark.parametrize(
    "kind", ["missing", "folder", "empty", "latin", "large", "unsorted", "broken"]
)
def test_an_own_list_that_cannot_be_used_is_told_at_the_start(tmp_path, settings, kind):
    path, says = _bad_lists(tmp_path)[kind]
    settings.PILOTHOUSE_BREACHED_PASSWORDS = str(path)

    ((code, message),) = complaints()

    assert code == "pilothouse.E010"
    assert str(path) in message
    assert says in message


def test_while_the_own_list_is_away_no_password_is_set(tmp_path, settings, db):
    settings.PILOTHOUSE_BREACHED_PASSWORDS = str(tmp_path / "gone")

    with pytest.raises(Invalid) as refusal:
        create_user(actor=SYSTEM, email="x@example.org", full_name="X", password=FREE)

    assert refusal.value.code == "accounts.password"
    assert "No password can be set now. Tell your system administrator" in refusal.value.message
    assert not User.objects.exists()


@pytest.mark.parametrize("door", ["own account", "reset", "invitation"])
def test_every_door_refuses_a_leaked_password(cast, door, django_capture_on_commit_callbacks):
    client, new = Client(), {"new_password1": LEAKED, "new_password2": LEAKED}
    if door == "own account":
        client.force_login(cast.piet)
        form = "/account/password/"
    else:
        with django_capture_on_commit_callbacks(execute=True):
            if door == "reset":
                client.post("/account/reset/", {"email": cast.piet.email})
            else:
                send_invitation(actor=cast.ada.actor(), user=cast.piet, site="http://testserver")
        link = next(word for word in mail.outbox[0].body.split() if "/account/reset/" in word)
        form = client.get(urlsplit(link).path).headers["Location"]

    page = client.post(form, {"old_password": PASSWORD, **new})

    assert page.status_code == 422
    assert "was leaked somewhere and is among the first that are tried" in page.content.decode()
    assert User.objects.get(pk=cast.piet.pk).check_password(PASSWORD)


def test_the_command_refuses_it_and_makes_no_account(db, monkeypatch, capsys):
    monkeypatch.setenv("PILOTHOUSE_ADMIN_EMAIL", "una@example.org")
    monkeypatch.setenv("PILOTHOUSE_ADMIN_PASSWORD", LEAKED)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    assert main(["createadmin"]) != 0

    assert "was leaked somewhere" in capsys.readouterr().err
    assert not User.objects.exists()
