# SPDX-License-Identifier: Apache-2.0
"""Measure the schedule screen in Chromium: until it is usable, scrolling, edited.

    python benchmarks/bench_schedule_screen.py
    python benchmarks/bench_schedule_screen.py --tasks 5000 --links 6000 --edits 40

The plan is that of ``bench_editing.py``, served by ``pilothouse serve``. *Usable* is the time from
asking for the page until rows can be typed in. While the grid is scrolled three rows a frame, the
time that the page's own thread worked for each frame is told, which other work on the machine does
not change, and how many frames came more than 34 ms after the one before, which it does. An edit is
typed into the duration of a random task; told is the time from Enter until what moved is shown.
Needs Chromium and Playwright.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_pages import ROOT, close_connections, database, make, serving, set_up
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(ROOT / "tests"))

FRAMES = 240
SCROLL = """([frames]) => new Promise((done) => {
    const pane = document.querySelector(".ph-s-scroll"), gaps = [];
    let before = performance.now();
    const step = () => {
        const now = performance.now();
        gaps.push(now - before);
        before = now;
        pane.scrollTop += 96;
        if (gaps.length < frames) requestAnimationFrame(step);
        else done(gaps.filter((gap) => gap > 34).length);
    };
    requestAnimationFrame(step);
})"""


def sign_in() -> tuple[int, str, str, list[int]]:
    """Project with the plan, name and value of a session of its manager, uids of its tasks."""
    set_up()

    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from pilothouse.delivery.planning.models import Task
    from pilothouse.delivery.projects.models import Project
    from pilothouse.foundation.accounts.services import begin_session

    project = Project.objects.select_related("pm").get(plan__isnull=False)
    assert project.pm is not None
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(project.pm)
    key = client.session.session_key or ""
    begin_session(user=project.pm, key=key, client="bench", now=timezone.now())
    leaves = Task.objects.filter(plan__project=project, summary=False, milestone=False)
    uids = list(leaves.order_by("position").values_list("uid", flat=True))
    return project.pk, settings.SESSION_COOKIE_NAME, key, uids


def opened(page: Page, address: str) -> float:
    """Seconds until the screen is usable."""
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("ph-schedule[ready]", timeout=60_000)
    return time.perf_counter() - begun


def scrolled(page: Page) -> tuple[float, int]:
    """Milliseconds of work for each frame, and frames that came late."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        found = devtools.send("Performance.getMetrics")["metrics"]
        return next(1000 * float(row["value"]) for row in found if row["name"] == "TaskDuration")

    before = worked()
    late = int(page.evaluate(SCROLL, [FRAMES]))
    return (worked() - before) / FRAMES, late


def edited(page: Page, uid: int, days: int) -> tuple[float, int]:
    """Milliseconds from Enter until the answer is shown, and bytes of the answer."""
    page.evaluate(
        "([uid]) => { const screen = document.querySelector('ph-schedule');"
        " screen.choice.to(uid, 'duration'); screen.sight.reveal(); screen.grid.root.focus(); }",
        [uid],
    )
    page.keyboard.type(f"{days}d")
    with page.expect_response(lambda answer: "/plan/edits" in answer.url) as answer:
        begun = time.perf_counter()
        page.keyboard.press("Enter")
    size = len(answer.value.body())
    page.locator("#ph-s-status:not(:text-is('Saving…'))").wait_for()
    return 1000 * (time.perf_counter() - begun), size


def measure(port: int, edits: int) -> None:
    from browsing import OPTIONS, chromium

    project, name, key, uids = sign_in()
    close_connections()
    address = f"http://127.0.0.1:{port}/plans/{project}/schedule/"
    chance = random.Random(3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies(
            [{"name": name, "value": key, "domain": "127.0.0.1", "path": "/", "httpOnly": True}]
        )
        page = context.new_page()
        times = [opened(page, address) for _ in range(6)]
        told = page.evaluate(
            "() => performance.getEntriesByType('resource')"
            ".filter((entry) => entry.name.endsWith('/sheet'))"
            ".map((entry) => entry.encodedBodySize)"
        )
        usable = statistics.median(times[1:])
        print(f"usable: first {times[0]:.2f} s, then {usable:.2f} s   goal 2 s")
        print(f"the rows: {told[0] / 1000:.0f} kB packed")
        work, late = scrolled(page)
        print(f"scrolling: {work:.1f} ms of work a frame, {late} of {FRAMES} frames late")
        taken = [edited(page, chance.choice(uids), 20 + number) for number in range(edits + 3)]
        clocks, bytes_ = zip(*taken[3:], strict=True)
        print(
            f"an edit, from Enter to shown: median {statistics.median(clocks):.0f} ms, "
            f"answer {statistics.median(bytes_) / 1000:.0f} kB unpacked"
        )
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=5_000)
    parser.add_argument("--links", type=int, default=6_000)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with database(asked.database, folder, keep=False) as address:
            os.environ |= {
                "PYTHONPATH": str(ROOT / "src"),
                "PILOTHOUSE_DATA": str(folder.resolve()),
                "PILOTHOUSE_DATABASE": address,
            }
            os.environ.pop("DJANGO_SETTINGS_MODULE", None)
            make(argparse.Namespace(projects=20, tasks=0, people=10))
            close_connections()
            sizes = [f"--tasks={asked.tasks}", f"--links={asked.links}"]
            script = str(ROOT / "benchmarks/bench_editing.py")
            subprocess.run([sys.executable, script, "--bring", *sizes], check=True)
            with serving() as (port, _, _):
                measure(port, asked.edits)


if __name__ == "__main__":
    main()
