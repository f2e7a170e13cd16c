# SPDX-License-Identifier: Apache-2.0
"""Slowing those who guess passwords, without locking out those who are guessed at.

Tries are counted in the database, so several processes count together. Three counters
stand before an unknown device: this account from this client, this account from anywhere,
and this client for any account. A device on which the person signed in before carries a
signed cookie and is counted by itself, so that an attacker elsewhere cannot shut it out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.db.models import F

from pilothouse.foundation.accounts.models import SignInTries

DEVICE_COOKIE = "ph_device"
DEVICE_DAYS = 180
_SALT = "pilothouse.device"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within a time for the holder of a key."""

    kind: str
    tries: int
    window: timedelta


PAIR = Limit("pair", 8, timedelta(minutes=5))
ACCOUNT = Limit("account", 40, timedelta(minutes=15))
CLIENT = Limit("client", 100, timedelta(minutes=15))
DEVICE = Limit("device", 8, timedelta(minutes=5))
CODE = Limit("code", 5, timedelta(minutes=15))
CONFIRM = Limit("confirm", 8, timedelta(minutes=5))
RESET = Limit("reset", 5, timedelta(hours=1))
RESET_CLIENT = Limit("reset-client", 20, timedelta(hours=1))

Counter = tuple[Limit, str]


def network_of(client: str) -> str:
    """The address of a client; with IPv6 its /64, which is one subscriber."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def sign_in_counters(email: str, client: str, device: str) -> list[Counter]:
    """Which counters a try to sign in moves."""
    account, network = email.strip().lower()[:254], network_of(client)
    if known := device_of(device, account):
        return [(DEVICE, f"{account}|{known}")]
    return [(PAIR, f"{account}|{network}"), (ACCOUNT, account), (CLIENT, network)]


def code_counters(email: str, client: str, device: str) -> list[Counter]:
    """Which counters a try at the second factor moves; six digits stand fewer tries."""
    counters = sign_in_counters(email, client, device)
    if device_of(device, email):
        return counters
    return [*counters, own_code_counter(email)]


def own_code_counter(email: str) -> Counter:
    """The tries at the code of an account, from anywhere but its known devices."""
    return CODE, email.strip().lower()[:254]


def reset_counters(email: str, client: str) -> list[Counter]:
    """Which counters a wish for a reset mail moves."""
    return [(RESET, email.strip().lower()[:254]), (RESET_CLIENT, network_of(client))]


def count(counters: Sequence[Counter], now: datetime) -> bool:
    """Count one try everywhere; True while all limits hold."""
    # Every counter moves, also when an earlier one is full already.
    within = [_add(limit, name, now) <= limit.tries for limit, name in counters]
    return all(within)


def forgive(counters: Sequence[Counter]) -> None:
    """The try succeeded: it does not count, and the counters of this person start anew."""
    for limit, name in counters:
        rows = SignInTries.objects.filter(key=_key(limit, name))
        if limit in (PAIR, DEVICE, CONFIRM):
            rows.delete()
        else:
            rows.filter(count__gt=0).update(count=F("count") - 1)


def tidy(now: datetime) -> int:
    """Remove counters whose time is over."""
    old, _ = SignInTries.objects.filter(since__lt=now - timedelta(hours=2)).delete()
    return old


def _key(limit: Limit, name: str) -> str:
    """A digest: the table names neither accounts nor addresses."""
    return hashlib.sha256(f"{limit.kind}|{name}".encode()).hexdigest()


def _add(limit: Limit, name: str, now: datetime) -> int:
    key = _key(limit, name)
    row, made = SignInTries.objects.get_or_create(key=key, defaults={"since": now, "count": 1})
    if made:
        return 1
    same = SignInTries.objects.filter(key=key, since=row.since)
    if now - row.since > limit.window:
        if same.update(since=now, count=1):
            return 1
        same = SignInTries.objects.filter(key=key)
    same.update(count=F("count") + 1)
    return SignInTries.objects.values_list("count", flat=True).get(key=key)


def device_cookie(email: str) -> str:
    """What a device carries after its person signed in on it."""
    value = {"a": _account_digest(email), "d": secrets.token_urlsafe(12)}
    return signing.dumps(value, salt=_SALT)


def device_of(cookie: str, email: str) -> str:
    """The device's own id when its cookie is genuine and belongs to this account, else nothing."""
    if not cookie:
        return ""
    try:
        value = signing.loads(cookie, salt=_SALT, max_age=timedelta(days=DEVICE_DAYS))
        same = value["a"] == _account_digest(email)
        return str(value["d"]) if same else ""
    except (signing.BadSignature, KeyError, TypeError):
        return ""


def _account_digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:24]
