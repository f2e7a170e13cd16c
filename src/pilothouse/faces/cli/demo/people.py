# SPDX-License-Identifier: Apache-2.0
"""Who is in the demo. A fresh installation has no accounts; these are made by the demo alone."""

from __future__ import annotations

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core.actor import Actor

PASSWORD = "pilothouse-demo"  # noqa: S105 - printed on purpose, for made-up people
DOMAIN = "demo.example"
SYSTEM = Actor.system("demo")

CAST: dict[str, tuple[str, str]] = {
    "grace": ("Grace Whitehall", "Head of the major projects office"),
    "ada": ("Ada Lindqvist", "Head of the PMO"),
    "piet": ("Piet Maas", "Project manager"),
    "rosa": ("Rosa Duarte", "Resource manager"),
    "femi": ("Femi Adeyemi", "Financial controller"),
    "sam": ("Sam Okafor", "Sponsor"),
    "tess": ("Tess Brandt", "Team member"),
    "otto": ("Otto Stranger", "Visitor without a role"),
    "root": ("Una Root", "System administrator"),
}
"""Name in the mail address → (full name, job title)."""

LOG_INS: tuple[tuple[str, str], ...] = (
    (f"grace@{DOMAIN}", "the real office: United Kingdom, Government Major Projects Portfolio"),
    (f"ada@{DOMAIN}", "the living office: heads the PMO of a port authority"),
    (f"piet@{DOMAIN}", "the living office: manages projects"),
    (f"femi@{DOMAIN}", "the living office: controls money"),
    (f"tess@{DOMAIN}", "the living office: works on a project"),
    (f"root@{DOMAIN}", "administers the system, sees no project"),
)


def person(name: str) -> User:
    """The account of somebody of the cast; made at the first call."""
    email = f"{name}@{DOMAIN}"
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    full_name, title = CAST[name]
    return create_user(
        actor=SYSTEM,
        email=email,
        full_name=full_name,
        password=PASSWORD,
        job_title=title,
        is_system_admin=name == "root",
    )
