# SPDX-License-Identifier: Apache-2.0
"""Mails that are laid into a folder because no mail server is set, to be looked at.

System administrators see all of them, without the links of mails to others: such a link lets its
reader in. In the demo installation everybody sees the mails to their own address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.models import JobRun

MOST_FILES = 300
"""The newest ones; older mails stay in the folder."""
LARGEST = 1_000_000
"""Bytes of a file that are read."""
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{1,24}\.log")
_LINK = re.compile(r"https?://[^\s<>\"']+")
_BETWEEN = re.compile(rb"\n-{79}\n")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the folder; ``name`` is its file without the ending."""

    name: str
    at: datetime
    subject: str
    to: str
    body: str
    own: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text of a mail; with ``href`` a link to a page of this installation."""

    text: str
    href: str = ""


def _folder() -> Path:
    """Where mails are laid. Raises: NotFound where they go through a mail server."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    if "filebased" not in settings.EMAIL_BACKEND or folder is None:
        raise NotFound(
            "notices.no_outbox", "Mails go through a mail server here; there is no folder of them."
        )
    return Path(folder)


def _require_reader(person: User) -> None:
    demo = JobRun.objects.filter(name__startswith="demo.", outcome=JobRun.Outcome.DONE)
    if not person.is_system_admin and not demo.exists():
        raise NotAllowed(
            "notices.outbox",
            "Only system administrators look at the mails of this installation. Set a mail server "
            "in PILOTHOUSE_MAIL, and mails reach their readers.",
        )


def mails_for(person: User) -> list[Mail]:
    """Mails that a person may look at, the newest first."""
    folder = _folder()
    _require_reader(person)
    names = [path.name for path in folder.glob("*.log")] if folder.is_dir() else []
    newest = sorted(filter(_NAME.fullmatch, names), reverse=True)[:MOST_FILES]
    found = (mail for name in newest for mail in _read(folder / name, person))
    return [mail for mail in found if mail.own or person.is_system_admin]


def mail_for(person: User, name: str) -> Mail:
    """One mail. Raises: NotFound where there is none, or it is to somebody else."""
    folder = _folder()
    _require_reader(person)
    if _NAME.fullmatch(f"{name}.log") and (folder / f"{name}.log").is_file():
        for mail in _read(folder / f"{name}.log", person):
            if mail.own or person.is_system_admin:
                return mail
    raise NotFound("notices.mail", "There is no such mail, or it is to somebody else.")


def _read(path: Path, person: User) -> Iterator[Mail]:
    """The mail of a file; the product lays each into one of its own."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST)
    except OSError:
        return
    message = message_from_bytes(_BETWEEN.split(text)[0], policy=policy.default)
    to = [address for _name, address in getaddresses([str(one) for one in _all(message, "to")])]
    yield Mail(
        name=path.name.removesuffix(".log"),
        at=datetime.strptime(path.name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC),
        subject=" ".join(str(message.get("subject") or "").split()),
        to=", ".join(to),
        body=_text_of(message),
        own=any(address.casefold() == person.email.casefold() for address in to),
    )


def _all(message: EmailMessage, name: str) -> list[object]:
    return list(message.get_all(name) or [])


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    if part is None:
        return _("This mail has no text.")
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return _("The text of this mail cannot be read.")


def pieces_of(mail: Mail, site: str) -> list[Piece]:
    """The text of a mail; only links to this installation can be followed, and only the own."""
    found: list[Piece] = []
    last = 0
    for link in _LINK.finditer(mail.body):
        found.append(Piece(mail.body[last : link.start()]))
        last = link.end()
        if not mail.own:
            found.append(Piece(_("[a link for its reader alone]")))
        elif link[0].startswith(f"{site}/"):
            found.append(Piece(link[0], link[0].removeprefix(site)))
        else:
            found.append(Piece(link[0]))
    found.append(Piece(mail.body[last:]))
    return [piece for piece in found if piece.text]
