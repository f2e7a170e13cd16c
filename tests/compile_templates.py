# SPDX-License-Identifier: Apache-2.0
"""Compile every template, so that a slip of the pen is found without opening its page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from jinja2 import TemplateSyntaxError

SOURCES = Path(__file__).resolve().parents[1] / "src" / "pilothouse"


def problems() -> list[str]:
    """A line for each template that does not compile."""
    from django.template import engines

    environment = engines.all()[0].env
    found = []
    for path in sorted(SOURCES.glob("**/templates/**/*")):
        if not path.is_file():
            continue
        name = str(path).split("/templates/", 1)[1]
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            found.append(f"{name}:{error.lineno}: {error.message}")
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.config.settings.test")
    django.setup()
    lines = problems()
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
