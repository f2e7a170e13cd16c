# SPDX-License-Identifier: Apache-2.0
"""Pictures of every main page, wide and narrow, light and dark, in the folder ``shots``.

Shows two installations that are made for it in a temporary folder: the demo, as each of its people,
and one with nothing in it. Every entry of a person's navigation is a main page; the pages below
them are reached by their links.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from browsing import DESK, PHONE, chromium, launch, overflow
from pilothouse.foundation.accounts.codes import STEP_SECONDS, code_at

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "shots"
PASSWORD = "pilothouse-demo"
PATIENCE = 600
"""Seconds for loading the demo on a slow machine."""

SIZES = {"1440": DESK, "390": PHONE}
SCHEMES = ("light", "dark")
PROJECT = r"^/projects/\d+/$"
SUMMARIES = "summary:has-text('{}')"


@dataclass(frozen=True)
class Shot:
    """A picture: where it begins, the pattern of each link to take from there, what is pressed."""

    name: str
    path: str
    links: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()


def menu(name: str, path: str = "/") -> Shot:
    """A page with one of its menus open."""
    return Shot(f"menu-{name.lower().replace(' ', '-')}", path, opens=(SUMMARIES.format(name),))


DOOR = (Shot("sign-in", "/account/sign-in/"), Shot("reset", "/account/reset/"))
ALL_COLUMNS = (
    "/?columns=phase,overall,stated,dimensions,trend,start,finish,slip,budget,forecast,variance,"
    "benefits_money,progress,milestone,programme,type,age"
)
HARBOUR = "/search/?q=harbour"
PEOPLE = "/register/people/"

DEMO: dict[str, tuple[Shot, ...]] = {
    "ada": (
        Shot("list-grouped", "/?group=portfolio&phase=all"),
        Shot("list-all-columns", ALL_COLUMNS),
        Shot("list-no-match", "/?q=nothing-like-this"),
        Shot("list-refused", "/?overall=purple"),
        menu("As of today"),
        menu("Views"),
        menu("Export"),
        menu("Columns"),
        menu("More filters"),
        Shot("explained", "/", opens=(SUMMARIES.format("Budget and forecast"),)),
        Shot("palette", "/", opens=("a[data-palette]",)),
        Shot("stated-dialog", "/", opens=("a[data-edit]",)),
        Shot("stated", "/", (r"^/projects/\d+/stated/$",)),
        Shot("timeline", "/timeline/"),
        Shot("timeline-grouped", "/timeline/?group=portfolio"),
        Shot("map", "/map/"),
        Shot("cockpit-kind", "/cockpit/?kind=red"),
        Shot("search", HARBOUR),
        Shot("search-empty", "/search/"),
        Shot("about", "/about/"),
        Shot("project", HARBOUR, (PROJECT,)),
        Shot("project-unfolded", HARBOUR, (PROJECT,), (".ph-health summary >> nth=0",)),
        Shot("project-explained", HARBOUR, (PROJECT,), (".ph-explain summary >> nth=4",)),
        Shot("project-record", HARBOUR, (PROJECT, r"/record/$")),
        Shot("project-snapshot", HARBOUR, (PROJECT, r"/history/\d+/$")),
        Shot("project-register", HARBOUR, (PROJECT, r"^/register/projects/\d+/$")),
        Shot("project-edit", HARBOUR, (PROJECT, r"^/register/projects/\d+/edit/$")),
        Shot(
            "project-move",
            HARBOUR,
            (PROJECT, r"^/register/projects/\d+/$", r"/projects/\d+/move/$"),
        ),
        Shot(
            "project-state",
            HARBOUR,
            (PROJECT, r"^/register/projects/\d+/$", r"/projects/\d+/state/"),
        ),
        Shot("project-new", "/register/projects/new/"),
        Shot("plan", HARBOUR, (PROJECT, r"^/plans/\d+/$")),
        Shot("plan-critical", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"only=critical$")),
        Shot("plan-late-none", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"only=late$")),
        Shot("plan-why", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"/why/$")),
        Shot("reconciliation", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"/reconciliation/$")),
        Shot("portfolio", "/register/", (r"^/register/portfolios/\d+/$",)),
        Shot("portfolio-edit", "/register/", (r"^/register/portfolios/\d+/$", r"/edit/$")),
        Shot("portfolio-health", "/register/", (r"^/register/portfolios/\d+/$", r"^/performance/")),
        Shot("portfolio-new", "/register/portfolios/new/"),
        Shot("programme", "/register/", (r"^/register/programmes/\d+/$",)),
        Shot("objectives", "/register/objectives/"),
        Shot("person", PEOPLE, (r"^/register/people/\d+/$",)),
        Shot("invite", "/register/people/invite/"),
        Shot("role-where", "/register/roles/new/"),
        Shot("role-new", "/register/", (r"^/register/portfolios/\d+/$", r"/roles/new/")),
        Shot("role-end", "/register/", (r"^/register/programmes/\d+/$", r"/roles/\d+/end/$")),
        Shot("roles-matrix", "/register/roles/matrix/"),
        Shot("delegation-new", "/register/delegations/new/"),
        Shot("unit", "/office/units/", (r"^/office/units/\d+/$",)),
        Shot("unit-new", "/office/units/new/"),
        Shot("thresholds", "/office/settings/", (r"^/performance/thresholds/\d+/$",)),
        Shot(
            "thresholds-new",
            "/office/settings/",
            (r"^/performance/thresholds/\d+/$", r"^/performance/thresholds/\d+/new/$"),
        ),
        Shot("retention", "/office/settings/", (r"^/office/settings/retention/\d+/$",)),
        Shot(
            "retention-rule",
            "/office/settings/",
            (r"^/office/settings/retention/\d+/$", r"/rules/trail/$"),
        ),
        Shot(
            "hold-new", "/office/settings/", (r"^/office/settings/retention/\d+/$", r"/holds/new/$")
        ),
        Shot("calendar-edit", "/office/settings/", (r"calendars/\d+/",)),
        Shot("field-edit", "/office/settings/", (r"fields/\d+/",)),
        Shot("attribution", "/office/settings/", (r"attribution",)),
        Shot("import-new", "/imports/", (r"^/imports/new/",)),
        Shot("published-none", "/imports/published/"),
        Shot("account", "/account/profile/"),
        Shot("password", "/account/password/"),
        Shot("not-found", "/projects/999999/"),
    ),
    "piet": (
        Shot("plan", HARBOUR, (PROJECT, r"^/plans/\d+/$")),
        Shot("plan-import", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"/import/$")),
        Shot("plan-reschedule", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"/reschedule/$")),
        Shot("plan-undo", HARBOUR, (PROJECT, r"^/plans/\d+/$", r"/undo/$")),
    ),
    "sam": (Shot("project", "/", (PROJECT,)),),
    "femi": (Shot("project", "/", (PROJECT,)),),
    "tess": (Shot("project", "/", (PROJECT,)), Shot("plan", "/", (PROJECT, r"^/plans/\d+/$"))),
    "grace": (
        Shot("as-of-2019", "/?as_of=2019-12-31"),
        Shot("as-of-before", "/?as_of=2001-12-31"),
        Shot("timeline", "/timeline/"),
        Shot("map", "/map/"),
        Shot("list-by-portfolio", "/?group=portfolio"),
        Shot("project", "/", (r"^/projects/\d+/",)),
        Shot("published", "/imports/published/"),
        Shot("published-year", "/imports/published/", (r"^/imports/published/\d+/$",)),
        Shot("account", "/account/profile/"),
    ),
    "otto": (Shot("timeline", "/timeline/"), Shot("account", "/account/profile/")),
    "una": (
        Shot("start", "/register/start/"),
        Shot("organisation", "/register/start/organisation/"),
        Shot("currency-new", "/office/currencies/new/"),
        Shot("account", "/account/profile/"),
        Shot("forbidden", "/imports/new/"),
    ),
}
"""What is shown beside the navigation, by person."""

EMPTY = (
    Shot("start", "/register/start/"),
    Shot("organisation", "/register/start/organisation/"),
    Shot("timeline", "/timeline/"),
    Shot("map", "/map/"),
    Shot("objectives", "/register/objectives/"),
    Shot("published", "/imports/published/"),
)
OPENED = (
    *EMPTY,
    Shot("import-new", "/imports/new/"),
    Shot("portfolio-new", "/register/portfolios/new/"),
    Shot("project-new", "/register/projects/new/"),
)
"""An installation with nothing in it, and one in which an office was just opened."""

TABLE = "Code,Name,Finish,Budget,Colour\nNEW1,New lamps,2027-06-30,120000,green\n"
WRONG = TABLE + "NEW2,New ropes,some day,much,purple\n"
"""A table of projects that comes in, and one with a row that does not."""


def run(folder: str, *words: str, **more: str) -> None:
    """One word of the command, to its end."""
    subprocess.run(
        [sys.executable, "-m", "pilothouse", *words], env=environment(folder) | more, check=True
    )


def environment(folder: str) -> dict[str, str]:
    own = {"PILOTHOUSE_DATA": folder, "PYTHONPATH": str(ROOT / "src")}
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return kept | own


@contextmanager
def serving(folder: str, *words: str) -> Iterator[str]:
    """The address of a served installation; the server ends with the block, whatever happens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "pilothouse", *words, "--port", str(port)], env=environment(folder)
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
    raise SystemExit("The server does not answer; no picture was taken.")


def signed_in(browser: Browser, address: str, person: str) -> dict[str, object]:
    """The cookies of a person who has come in."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    knock(page, person)
    page.locator("#ph-side").wait_for(state="attached")
    state = context.storage_state()
    context.close()
    return dict(state)


def knock(page: Page, person: str) -> None:
    """Give address and password at the door."""
    page.goto("/account/sign-in/")
    page.get_by_label("E-mail address").fill(f"{person}@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def hrefs(page: Page, inside: str) -> list[str]:
    """Where the links of a part of the page lead."""
    return page.locator(f"{inside} a[href]").evaluate_all(
        "(links) => links.map((link) => link.getAttribute('href'))"
    )


def found_by(page: Page, shots: Sequence[Shot]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name of the picture → path and what is pressed there."""
    found = {}
    for shot in shots:
        path = shot.path
        for pattern in shot.links:
            page.goto(path)
            links = [link for link in hrefs(page, "main") if re.search(pattern, link)]
            if not links:
                raise SystemExit(f"{shot.name}: there is no link {pattern} on {path}.")
            path = page.evaluate("(link) => new URL(link, location).href", links[0])
        found[shot.name] = (path, shot.opens)
    return found


def visit(
    browser: Browser, address: str, person: str, shots: Sequence[Shot], group: str
) -> list[str]:
    """All pictures of one person; "" is nobody, who has no navigation."""
    state = signed_in(browser, address, person) if person else None
    context = browser.new_context(base_url=address, storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    pages: dict[str, tuple[str, tuple[str, ...]]] = {}
    if person:
        page.goto("/")
        for path in hrefs(page, ".ph-side"):
            pages[path.strip("/").replace("/", "-") or "list"] = (path, ())
    pages |= found_by(page, shots)
    context.close()
    print(f"{group}: {len(pages)} pages", flush=True)
    return take(browser, address, state, {f"{group}-{name}": at for name, at in pages.items()})


def take(
    browser: Browser,
    address: str,
    state: object,
    pages: dict[str, tuple[str, tuple[str, ...]]],
) -> list[str]:
    """Write the pictures; what does not fit the width is named."""
    wide = []
    context = browser.new_context(
        base_url=address,
        storage_state=state,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    for name, (path, opens) in pages.items():
        page.goto(path, wait_until="networkidle")
        for selector in opens:
            page.locator(selector).first.click()
            page.wait_for_load_state("networkidle")
        wide += shoot(page, name, whole=not opens)
    context.close()
    return wide


def shoot(page: Page, name: str, *, whole: bool = True) -> list[str]:
    """What the page shows now, in each size and scheme."""
    wide = []
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        if over := overflow(page):
            wide.append(f"{name} at {size}: {over}")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=whole)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    return wide


def conflict(browser: Browser, address: str) -> list[str]:
    """What the second of two windows sees."""
    state = signed_in(browser, address, "ada")
    context = browser.new_context(base_url=address, storage_state=state)  # type: ignore[arg-type]
    first, second = context.new_page(), context.new_page()
    first.goto("/")
    path = next(link for link in hrefs(first, "main") if link.endswith("/stated/"))
    for page in (first, second):
        page.goto(path)
    for page, words in ((first, "The claim is settled."), (second, "The claim goes to court.")):
        page.get_by_label("Comment").fill(words)
        page.get_by_role("button", name="Save").click()
    second.get_by_role("alert").wait_for()
    wide = shoot(second, "error-409")
    context.close()
    return wide


def second_factor(browser: Browser, address: str, person: str) -> list[str]:
    """From switching it on to the page that asks for the code; the person signs in no other way
    from then on, so it comes last."""
    state = signed_in(browser, address, person)
    context = browser.new_context(base_url=address, storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/account/second-factor/")
    wide = shoot(page, "second-factor")
    key = base64.b32decode(page.locator("code.ph-number").inner_text().replace(" ", ""))
    page.get_by_role("textbox", name="Code").fill(code_at(key, int(time.time()) // STEP_SECONDS))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    wide += shoot(page, "second-factor-on")
    context.close()
    context = browser.new_context(base_url=address)
    page = context.new_page()
    knock(page, person)
    page.get_by_role("textbox", name="Code").fill("000 000")
    wide += shoot(page, "second-factor-asked")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("This code is wrong").wait_for()
    wide += shoot(page, "second-factor-wrong")
    context.close()
    return wide


def wizard(browser: Browser, address: str) -> list[str]:
    """The steps of an import, from the columns to the undo."""
    state = signed_in(browser, address, "ada")
    context = browser.new_context(base_url=address, storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    wide = []

    def picture(name: str) -> None:
        wide.extend(take(browser, address, state, {f"wizard-{name}": (page.url, ())}))

    for name, text in (("wrong.csv", WRONG), ("right.csv", TABLE)):
        page.goto("/imports/new/")
        page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
        )
        page.locator("#f-place").select_option(index=1)
        page.get_by_role("button", name="Upload and read").click()
        page.wait_for_url("**/columns/")
        if text == WRONG:
            picture("columns")
        page.get_by_role("button", name="Check the rows").click()
        page.get_by_role("heading", name="Rows of the file").wait_for()
        picture("problems" if text == WRONG else "checked")
    page.get_by_role("button", name="Bring in").click()
    page.get_by_role("link", name="Undo").wait_for()
    picture("done")
    page.get_by_role("link", name="Undo").click()
    page.wait_for_url("**/undo/")
    picture("undo")
    page.goto("/imports/")
    picture("list")
    context.close()
    return wide


def broken(browser: Browser, address: str) -> list[str]:
    """The page of a fault, which cannot be called for: the product makes it, this server holds
    what it looks like."""
    code = (
        "import django; django.setup();"
        "from pilothouse.faces.web.views import server_error;"
        "from django.http import HttpRequest;"
        "print(server_error(HttpRequest()).content.decode())"
    )
    html = subprocess.run(
        [sys.executable, "-c", code],
        env=environment("") | {"DJANGO_SETTINGS_MODULE": "pilothouse.config.settings.test"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.route("**/broken", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("/broken", wait_until="networkidle")
    wide = shoot(page, "error-500")
    context.close()
    return wide


def of_the_demo(browser: Browser, folder: str) -> list[str]:
    """The demo, as each of its people sees it."""
    with serving(folder, "demo", "--serve") as address:
        wide = visit(browser, address, "", DOOR, "door")
        for person, shots in DEMO.items():
            wide += visit(browser, address, person, shots, person)
        wide += broken(browser, address)
        wide += conflict(browser, address) + wizard(browser, address)
        return wide + second_factor(browser, address, "tess")


def of_nothing(browser: Browser, folder: str) -> list[str]:
    """A fresh installation with its keeper, then with an office of one."""

    def account(name: str, *more: str) -> None:
        email = f"{name}@demo.example"
        run(
            folder,
            "createadmin",
            *("--email", email, "--name", f"{name.title()} Example", *more),
            PILOTHOUSE_ADMIN_PASSWORD=PASSWORD,
        )

    run(folder, "migrate")
    account("una")
    with serving(folder, "serve") as address:
        wide = visit(browser, address, "una", EMPTY, "empty")
        account("ada", "--director-of", "Northmouth Port", "--currency", "EUR")
        return wide + visit(browser, address, "ada", OPENED, "opened")


def main() -> int:
    """Take all pictures; 1 when there is no browser or a page is wider than its window."""
    if chromium() is None:
        print("There is no chromium here; no picture was taken.", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    wide: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="pilothouse-shots-") as folder,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        for name, pictures in (("demo", of_the_demo), ("empty", of_nothing)):
            wide += pictures(browser, f"{folder}/{name}")
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures are in {FOLDER}")
    for fault in wide:
        print(f"too wide: {fault}", file=sys.stderr)
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
