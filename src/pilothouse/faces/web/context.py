# SPDX-License-Identifier: Apache-2.0
"""What the frame of every page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from pilothouse.direction.portfolio.search import Hit
from pilothouse.faces.web.templating import address

NAVIGATION: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Portfolio",
        (
            ("portfolio:list", "Projects", "layout-list"),
            ("portfolio:cockpit", "Cockpit", "activity"),
            ("projects:register", "Register", "sitemap"),
            ("raid:list", "RAID", "shield"),
            ("dependencies:list", "Dependencies", "link"),
            ("exchange:imports", "Imports", "upload"),
        ),
    ),
    ("Mine", (("progress:week", "My week", "calendar"),)),
    (
        "Office",
        (
            ("organisation:units", "Units", "building"),
            ("projects:people", "People and roles", "users"),
            ("organisation:settings", "Settings", "settings"),
        ),
    ),
)
"""(group, ((address, label, icon), …)); an entry is shown to everybody, its page decides."""

FURTHER: tuple[tuple[str, str], ...] = (
    ("portfolio:timeline", "Timeline"),
    ("portfolio:map", "Map"),
    ("projects:objectives", "Objectives"),
    ("exchange:published", "Published portfolios"),
    ("projects:matrix", "What roles give"),
    ("scanning:files", "Held and refused files"),
    ("notices:list", "Notices"),
    ("notices:preferences", "How you are told"),
    ("notices:outbox", "Outbox"),
    ("accounts:profile", "My account"),
    ("web:about", "About Pilothouse"),
)
"""Pages that the palette knows beside the navigation."""


APART = ("web:search", "web:about", "scanning:files", "notices:list", "notices:outbox")
"""Pages that belong to no entry of the navigation, though their address begins like one."""


def pages_named(text: str) -> list[Hit]:
    """Pages whose name holds the text, in the order of the navigation; all for no text."""
    words = text.strip().casefold()
    named = [(name, label, group) for group, rows in NAVIGATION for name, label, _ in rows]
    named += [(name, label, "") for name, label in FURTHER]
    return [
        Hit("Page", gettext(label), gettext(group) if group else "", address(name))
        for name, label, group in named
        if words in gettext(label).casefold()
    ]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation entries; which one is active follows from the path."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    standing = user.standing if signed_in and user else None
    shut = standing is not None and standing.is_shut
    groups = []
    if signed_in and not shut:
        urls = [address(name) for _, rows in NAVIGATION for name, _, _ in rows]
        apart = [address(name) for name in APART]
        apart.append(address("accounts:profile").removesuffix("profile/"))
        active = max(filter(request.path.startswith, urls + apart), key=len, default="")
        groups = [
            (
                label,
                [(address(name), text, icon, address(name) == active) for name, text, icon in rows],
            )
            for label, rows in NAVIGATION
        ]
    theme = user.preferences.get("theme", "") if signed_in and user else ""
    return {
        "user": user,
        "signed_in": signed_in,
        "shut": shut,
        "factor_due": standing.due if standing is not None and standing.is_reminded else None,
        "navigation": groups,
        "theme": theme,
    }
