# SPDX-License-Identifier: Apache-2.0
"""The first account of an installation. A fresh one has none."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from django.db import transaction

from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.services import assign_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import open_office


def run_createadmin(options: argparse.Namespace) -> int:
    """Ask what is not given; nothing is created unless everything is right."""
    email = options.email or os.environ.get("PILOTHOUSE_ADMIN_EMAIL") or ask("Mail address: ")
    password = os.environ.get("PILOTHOUSE_ADMIN_PASSWORD") or ask_password()
    if not email or not password:
        print("createadmin: a mail address and a password are needed.", file=sys.stderr)
        return 2
    actor = Actor.system("createadmin")
    with transaction.atomic():
        user = create_user(
            actor=actor,
            email=email,
            full_name=options.name or email,
            password=password,
            is_system_admin=True,
        )
        if options.director_of:
            direct_office(actor, user, options.director_of, options.currency)
    print(f"{user.email} is a system administrator and may sign in.")
    return 0


def direct_office(actor: Actor, user: User, name: str, currency: str) -> None:
    """Open an organisation headed by the new account: system rights give no business right."""
    code = "".join(letter for letter in name.upper() if letter.isalnum())[:10] or "OFFICE"
    office = open_office(actor=actor, code=code, name=name, currency=currency.upper())
    assign_role(
        actor=actor,
        person=user,
        role=Role.DIR,
        scope=("org_unit", office.pk),
        office_id=office.pk,
        within=unit_scopes(office),
        valid_from=clock.today(),
    )


def ask(prompt: str) -> str:
    """A line from the terminal, or the next one of what is piped in."""
    if sys.stdin.isatty():
        return input(prompt).strip()
    return sys.stdin.readline().strip()


def ask_password() -> str:
    """Typed twice without being shown, or the next line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        print("createadmin: the two passwords differ.", file=sys.stderr)
        return ""
    return first
