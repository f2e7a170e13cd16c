# SPDX-License-Identifier: Apache-2.0
"""What the frame of every page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from pilothouse.faces.web.templating import address

NAVIGATION: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Portfolio",
        (
            ("portfolio:list", "Projects", "layout-list"),
            ("portfolio:cockpit", "Cockpit", "activity"),
            ("projects:register", "Register", "sitemap"),
            ("exchange:imports", "Imports", "upload"),
        ),
    ),
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


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation entries; which one is active follows from the path."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    groups = []
    if signed_in:
        urls = [address(name) for _, rows in NAVIGATION for name, _, _ in rows]
        active = max(filter(request.path.startswith, urls), key=len, default="")
        groups = [
            (
                label,
                [(address(name), text, icon, address(name) == active) for name, text, icon in rows],
            )
            for label, rows in NAVIGATION
        ]
    theme = user.preferences.get("theme", "") if signed_in and user else ""
    return {"user": user, "signed_in": signed_in, "navigation": groups, "theme": theme}
