# SPDX-License-Identifier: Apache-2.0
"""Pictures of every main page, wide and narrow, light and dark, in the folder ``shots``.

Shows the demo of PILOTHOUSE_DATA, else one that is made in a temporary folder. Every entry of
a person's navigation is a main page; the pages below them are reached by their links.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from browsing import DESK, PHONE, chromium, launch, overflow

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "shots"
PASSWORD = "pilothouse-demo"
PATIENCE = 600
"""Seconds for loading the demo on a slow machine."""

SIZES = {"1440": DESK, "390": PHONE}
SCHEMES = ("light", "dark")
DOORS = {"sign-in": "/account/sign-in/", "reset": "/account/reset/"}

Step = tuple[str, str, tuple[str, ...]]
"""(name of the picture, page to begin on, pattern of each link to take from there)."""

BELOW: dict[str, tuple[Step, ...]] = {
    "ada": (
        ("timeline", "/timeline/", ()),
        ("map", "/map/", ()),
        ("search", "/search/?q=harbour", ()),
        ("project", "/search/?q=harbour", (r"^/projects/\d+/$",)),
        ("plan", "/search/?q=harbour", (r"^/projects/\d+/$", r"^/plans/\d+/$")),
        ("portfolio", "/register/", (r"^/register/portfolios/\d+/$",)),
        ("programme", "/register/", (r"^/register/programmes/\d+/$",)),
        ("import-new", "/imports/", (r"^/imports/new/",)),
        ("account", "/account/profile/", ()),
        ("not-found", "/projects/999999/", ()),
    ),
    "grace": (
        ("as-of-2019", "/?as_of=2019-12-31", ()),
        ("project", "/", (r"^/projects/\d+/",)),
        ("published", "/imports/published/", ()),
        ("account", "/account/profile/", ()),
    ),
    "una": (("account", "/account/profile/", ()), ("forbidden", "/imports/new/", ())),
}
"""What is shown beside the navigation, by person."""


@contextmanager
def demo() -> Iterator[str]:
    """The address of a served demo; the server ends with the block, whatever happens in it."""
    with tempfile.TemporaryDirectory(prefix="pilothouse-shots-") as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "pilothouse", "demo", "--serve", "--port", str(port)],
            env={"PILOTHOUSE_DATA": folder, **os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        try:
            wait_for(server, f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    """Until the server answers; a server that ended, or never answers, ends the run."""
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The demo does not answer; no picture was taken.")


def signed_in(browser: Browser, address: str, person: str) -> dict[str, object]:
    """The cookies of a person who has come in."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/account/sign-in/")
    page.get_by_label("E-mail address").fill(f"{person}@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for(state="attached")
    state = context.storage_state()
    context.close()
    return dict(state)


def hrefs(page: Page, inside: str) -> list[str]:
    """Where the links of a part of the page lead."""
    return page.locator(f"{inside} a[href]").evaluate_all(
        "(links) => links.map((link) => link.getAttribute('href'))"
    )


def pages_of(browser: Browser, address: str, person: str, state: object) -> dict[str, str]:
    """Name of the picture → path, for one person."""
    context = browser.new_context(base_url=address, storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    found = {path.strip("/").replace("/", "-") or "list": path for path in hrefs(page, ".ph-side")}
    for name, path, patterns in BELOW[person]:
        for pattern in patterns:
            page.goto(path)
            links = [link for link in hrefs(page, "main") if re.search(pattern, link)]
            if not links:
                raise SystemExit(f"{person} finds no link {pattern} on {path}.")
            path = links[0]
        found[name] = path
    context.close()
    return {f"{person}-{name}": path for name, path in found.items()}


def take(browser: Browser, address: str, state: object, pages: dict[str, str]) -> list[str]:
    """Write the pictures; what does not fit the width is named."""
    wide = []
    context = browser.new_context(
        base_url=address,
        storage_state=state,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    for name, path in pages.items():
        page.goto(path, wait_until="networkidle")
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            if over := overflow(page):
                wide.append(f"{name} at {size}: {over}")
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True)
    context.close()
    return wide


def main() -> int:
    """Take all pictures; 1 when there is no browser or a page is wider than its window."""
    if chromium() is None:
        print("There is no chromium here; no picture was taken.", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    wide: list[str] = []
    with demo() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        wide += take(browser, address, None, {f"door-{name}": at for name, at in DOORS.items()})
        for person in BELOW:
            state = signed_in(browser, address, person)
            pages = pages_of(browser, address, person, state)
            wide += take(browser, address, state, pages)
            print(f"{person}: {len(pages)} pages", flush=True)
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures are in {FOLDER}")
    for fault in wide:
        print(f"too wide: {fault}", file=sys.stderr)
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
