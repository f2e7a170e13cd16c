# SPDX-License-Identifier: Apache-2.0
"""The browser of the tests: where it is, and a watch over every page it shows."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str | None:
    """The system's Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def must_not_skip() -> bool:
    """A continuous build has a browser, or it is wrong."""
    return os.environ.get("CI", "") not in {"", "0", "false"}


@contextmanager
def served(application: object) -> Iterator[str]:
    """The application at a free port, by the server that is used in earnest."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                application,  # type: ignore[arg-type]
                log_config=None,
                log_level="warning",
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


TELL_REFUSALS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused by ${event.effectiveDirective}: ${event.blockedURI}`));"""


class Watch:
    """Notes what no page may do: errors on the console, refused content, failed requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        self.allowed: set[int] = set()
        self.refused: list[int] = []
        context.add_init_script(TELL_REFUSALS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error.stack}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A status of 400 and more is judged where the answer arrives.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # Aborted is what the browser itself gave up: a download, a page left early.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"request: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status in self.allowed:
            self.refused.append(response.status)
        elif response.status >= 400:
            self.faults.append(f"answer: {response.status} {response.url}")

    @contextmanager
    def refusal(self, status: int) -> Iterator[None]:
        """Inside, an answer of this status is wanted; it must come."""
        self.allowed.add(status)
        self.refused.clear()
        yield
        self.allowed.discard(status)
        assert self.refused, f"no answer had the status {status}"

    def assert_calm(self) -> None:
        assert self.faults == [], self.faults


def overflow(page: Page) -> str:
    """What makes the page scroll sideways; empty when nothing does."""
    return page.evaluate(
        """() => {
            const root = document.documentElement, wide = root.clientWidth;
            if (root.scrollWidth <= wide) return "";
            const out = [...document.querySelectorAll("body *")].filter((element) => {
                const box = element.getBoundingClientRect();
                return box.width && box.right > wide + 0.5;
            });
            const name = (element) => element.tagName.toLowerCase() + "." + element.className;
            return `${root.scrollWidth} px: ` + out.slice(0, 4).map(name).join(", ");
        }"""
    )


def axe_faults(
    page: Page, rules: list[str] | None = None, without: Sequence[str] = ()
) -> list[str]:
    """Violations that axe finds: rule, element and what it says. ``rules`` narrows them."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": AXE_RULES}
    found = page.evaluate(
        """async ([only, rules]) => (await axe.run(document, {
            runOnly: only, rules, resultTypes: ["violations"], elementRef: false,
            preload: false, iframes: false,
        })).violations.flatMap((rule) => rule.nodes.map((node) =>
            `${rule.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)} – `
            + [...node.any, ...node.all, ...node.none].map((check) => check.message).join(" ")))""",
        [only, {rule: {"enabled": False} for rule in without}],
    )
    return list(found)


def launch(playwright: object) -> Browser:
    """The one browser of a run."""
    return playwright.chromium.launch(  # type: ignore[attr-defined]
        executable_path=chromium(), args=OPTIONS
    )
