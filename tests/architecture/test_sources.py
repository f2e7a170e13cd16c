# SPDX-License-Identifier: Apache-2.0
"""Rules of the house that import contracts cannot say. Each failure names file and line."""

from __future__ import annotations

import ast
import re

from sources import ROOT, SOURCES, app_of, imports, modules, room_of, templates

OPEN_ROOMS = frozenset({"services", "queries", "events", "models", "rules"})
"""What other apps may import: verbs, reads, news, rows for keys and types, and the rules that
say who may (a rule of a floor below is asked, never written again above)."""

OPEN_MODULES = {
    "pilothouse.foundation.accounts.web": "who a request comes from; every view asks it",
    "pilothouse.foundation.accounts.throttle": "one brake on guessing at every door",
    "pilothouse.foundation.access.matrix": "the roles and their letters, as data",
    "pilothouse.foundation.organisation.second_factor": "who must have one, for page and API",
    "pilothouse.direction.portfolio.search": "one search over what an actor may see",
    "pilothouse.direction.portfolio.columns": "what the list can show, for page and API",
    "pilothouse.direction.portfolio.filters": "what may be asked of the list, for page and API",
    "pilothouse.direction.portfolio.export": "one file of the list, for page and API",
    "pilothouse.direction.portfolio.layouts.heat": "one table of the map, for page and API",
    "pilothouse.direction.portfolio.cockpit": "one cockpit, for page and API",
    "pilothouse.direction.portfolio.snapshot_page": "one record of a project, for page and API",
    "pilothouse.delivery.projects.people": "one list of people, for page and API",
    "pilothouse.delivery.projects.start": "one start of an office, for page and API",
    "pilothouse.delivery.projects.steps": "what may follow a state, for page and API",
    "pilothouse.delivery.projects.tree": "one tree of the register, for page and API",
    "pilothouse.foundation.notifications.acts": "what can be done from a mail, by any app",
    "pilothouse.foundation.notifications.links": "one kind of link in mails",
    "pilothouse.foundation.notifications.web": "one kind of page behind such links",
    "pilothouse.foundation.notifications.topics": "what an app tells of, and in which words",
    "pilothouse.foundation.scanning.scanner": "how a scanner fails to answer, for whoever asks it",
    "pilothouse.delivery.finance.fields": "money as the database keeps it, for whoever keeps some",
    "pilothouse.delivery.finance.money": "the one place where money is rounded and split",
    "pilothouse.delivery.finance.rates": "the one place where money changes its currency",
    "pilothouse.delivery.finance.flows": "what a year costs and brings, for page and API",
    "pilothouse.delivery.finance.lines": "rows of a sheet of money, for page and API",
    "pilothouse.delivery.finance.ledger_rows": "what a row of the ledger is, for page and API",
    "pilothouse.delivery.finance.ledger_effect": "what a posting does, for page and API",
    "pilothouse.delivery.finance.ledger_files": "takes its reader of workbooks from the exchange",
    "pilothouse.delivery.finance.ledger_export": "one file of the ledger, for page and API",
    "pilothouse.delivery.finance.forecast_files": "one file of a forecast, for page and API",
    "pilothouse.delivery.finance.together_files": "one file of many projects, for page and API",
    "pilothouse.direction.performance.files": "one file of earned value, for page and API",
    "pilothouse.retention.kinds": "the kinds of data with their terms, as data",
    "pilothouse.exchange.published": "one report of a published year, for page and API",
    "pilothouse.direction.portfolio.cockpit_checks": "the kinds of its lines, as data",
}
"""Rooms of single apps that are open too, each with its reason."""

OPEN_APPS = frozenset({"foundation.core", "engine"})
"""The ground: its every room is for everybody."""

COMPOSERS = frozenset({"config", "reactions", "__main__"})
"""They name parts of all apps; that is their work."""

LAZY = {
    "engine/schedule/prepare.py": {"pilothouse.engine.schedule.apart"},
    "engine/schedule/schedule.py": {"pilothouse.engine.schedule"},
    "exchange/reader_child.py": {"resource"},
    "foundation/core/computed.py": {"xlsxwriter"},
    "foundation/core/tables.py": {"xlsxwriter"},
    "config/env.py": {"pysqlite3", "pysqlite3.dbapi2", "secrets"},
}
"""Imports inside functions that are needed, by file: heavy, or not there everywhere."""

HTTP_ROOMS = frozenset({"views", "urls", "web", "api", "forms"})
"""Where requests and answers may be spoken of inside an app."""

HTTP_HELPERS = {
    "foundation/core/pages.py": "what the views of all apps share",
    "foundation/core/drawn.py": "drawings as the views of all apps show and send them",
}
"""Files beside the views that speak it too, each with its reason."""

HTTP_MODULES = frozenset(
    {"django.http", "django.shortcuts", "django.urls.resolvers", "django.views"}
)

WRITES = frozenset(
    {
        "create",
        "bulk_create",
        "get_or_create",
        "update_or_create",
        "update",
        "bulk_update",
        "delete",
    }
)

RAW_MARKUP = {
    "foundation/core/drawn.py": "SVG whose writer escapes every text",
    "faces/web/templating.py": "sentences of our own; what is put into them is escaped",
}
"""File → why text is put out there without escaping."""

MAILS = ".txt"
"""Templates of mails, which are plain text and no HTML."""

ENVIRONMENT = {
    "exchange/reader_child.py": "a child process that is told its limits by it",
    "exchange/sandbox.py": "makes the bare environment of that child",
    "delivery/simulations/bridge/apart.py": "makes the bare environment of the one that simulates",
    "config/env.py": "the one place that reads it",
    "config/asgi.py": "names the settings before there are any",
    "config/settings/test.py": "makes the environment of the suite",
    "engine/_compile.py": "the engine stands alone; where the user's caches are",
    "faces/cli/main.py": "names the settings before there are any",
    "faces/cli/admin.py": "a password must not become a setting",
}


def short(module) -> str:
    return str(module.path.relative_to(SOURCES))


def test_every_python_file_begins_with_its_licence():
    files = [*ROOT.glob("*.py"), *ROOT.glob("[bft]*/**/*.py"), *SOURCES.rglob("*.py")]
    files = [path for path in files if "node_modules" not in path.parts]
    line = "# SPDX-License-Identifier: Apache-2.0"

    without = [
        str(path.relative_to(ROOT))
        for path in files
        if path.parent.name != "migrations"
        and (text := path.read_text())
        and not text.startswith(line)
    ]

    assert without == []


def test_apps_use_each_other_through_open_rooms_only():
    found = []
    for module in modules():
        if module.app in COMPOSERS:
            continue
        for node, name in imports(module):
            if not name.startswith("pilothouse.") or app_of(name) in {module.app, *OPEN_APPS}:
                continue
            if app_of(name) == "" or name == "pilothouse.__version__":
                continue
            allowed = room_of(name) in OPEN_ROOMS or any(
                name == open_name or name.startswith(open_name + ".") for open_name in OPEN_MODULES
            )
            inside = module.room == "apps" and app_of(name) == "reactions"
            if not allowed and not inside:
                found.append(f"{module.at(node)} imports {name}")

    assert found == []


def test_imports_stand_at_the_top():
    found = []
    for module in modules():
        for function in ast.walk(module.tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if module.room == "apps" and function.name == "ready":
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    names = {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    names = {node.module or ""}
                else:
                    continue
                if names - LAZY.get(short(module), set()):
                    found.append(f"{module.at(node)} imports {', '.join(sorted(names))} late")

    assert sorted(set(found)) == []


def test_nobody_listens_to_signals():
    found = [
        f"{module.at(node)} imports {name}"
        for module in modules()
        for node, name in imports(module)
        if name.startswith(("django.dispatch", "django.db.models.signals", "django.core.signals"))
    ]

    assert found == []


def test_http_is_spoken_in_views_only():
    found = [
        f"{module.at(node)} imports {name}"
        for module in modules()
        if module.app.split(".")[0] not in {"faces", "config"} and module.room not in HTTP_ROOMS
        if short(module) not in HTTP_HELPERS
        for node, name in imports(module)
        if any(name == http or name.startswith(http + ".") for http in HTTP_MODULES)
    ]

    assert found == []


def test_nobody_writes_the_rows_of_another_app():
    found = []
    for module in modules():
        foreign = {
            name.rsplit(".", 1)[1]
            for _, name in imports(module)
            if name.startswith("pilothouse.")
            and app_of(name) != module.app
            and room_of(name) == "models"
        }
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                root = root_name(node.func)
                if node.func.attr in WRITES and root in foreign and "objects" in ast.dump(node):
                    found.append(f"{module.at(node)} writes {root}")

    assert found == []


def root_name(node: ast.expr) -> str:
    """``Model`` for ``Model.objects.filter(…).update``."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def test_the_environment_is_read_in_one_place():
    found = [
        module.at(node)
        for module in modules()
        if short(module) not in ENVIRONMENT
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]

    assert found == []


def test_nothing_evaluates_text_or_unpickles():
    banned = {"eval", "exec", "compile"}
    found = []
    for module in modules():
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in banned
            ):
                found.append(f"{module.at(node)} calls {node.func.id}")
        found += [
            f"{module.at(node)} imports {name}"
            for node, name in imports(module)
            if name.split(".")[0] in {"pickle", "marshal", "shelve", "dill"}
        ]

    assert found == []


def test_sql_is_never_put_together_from_text():
    found = []
    for module in modules():
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in {"raw", "extra", "execute", "executemany", "RawSQL"} and node.args:
                first = node.args[0]
                built = isinstance(first, ast.JoinedStr | ast.BinOp) or (
                    isinstance(first, ast.Call)
                    and isinstance(first.func, ast.Attribute)
                    and first.func.attr == "format"
                )
                if built:
                    found.append(f"{module.at(node)} builds SQL from text")

    assert found == []


def test_user_text_is_never_marked_as_safe():
    places = [(path, path.read_text()) for path in templates()]
    places += [(module.path, module.path.read_text()) for module in modules()]
    pattern = re.compile(r"\|\s*safe\b|\bMarkup\(|\bmark_safe\b|autoescape\s+false")

    found = [
        str(path.relative_to(SOURCES))
        for path, text in places
        if pattern.search(text)
        and not path.name.endswith(MAILS)
        and str(path.relative_to(SOURCES)) not in RAW_MARKUP
    ]

    assert found == []


def test_messages_of_templates_say_a_percent_sign_twice():
    """A message is a format: a lone sign breaks the page, if only once it has something to show."""
    message = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
    value = re.compile(r"%%|%\(\w+\)s")

    found = [
        f"{path.relative_to(SOURCES)}: {text}"
        for path in templates()
        for text in ("".join(one) for one in message.findall(path.read_text()))
        if "%" in value.sub("", text)
    ]

    assert found == []


def test_templates_hold_no_inline_script_style_or_handler():
    patterns = {
        "script without a file": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
        "style element": re.compile(r"<style\b", re.I),
        "style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.I | re.S),
        "handler": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=", re.I | re.S),
        "javascript link": re.compile(r"(href|src|action)\s*=\s*[\"']?\s*javascript:", re.I),
    }

    found = [
        f"{path.relative_to(SOURCES)}: {what}"
        for path in templates()
        if path.suffix == ".html"
        for what, pattern in patterns.items()
        if pattern.search(re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S))
    ]

    assert found == []


def test_every_form_that_posts_carries_its_seal():
    found = []
    for path in templates():
        for form in re.finditer(r"<form\b.*?</form>", path.read_text(), re.S | re.I):
            if re.search(r"method\s*=\s*[\"']post", form[0], re.I) and "csrf_input" not in form[0]:
                found.append(str(path.relative_to(SOURCES)))

    assert found == []


OTHER_CLOCKS = frozenset({"localdate", "localtime", "make_aware", "get_current_timezone", "utcnow"})
"""Names that ask for a day or a zone past the office's clock."""


def test_the_day_is_asked_of_the_offices_clock_only():
    """A day of the server, or of UTC, is another than the day of the office for hours."""
    found = []
    for module in modules():
        if short(module) == "foundation/core/clock.py":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute):
                of = node.value.id if isinstance(node.value, ast.Name) else ""
                past = node.attr in OTHER_CLOCKS or (
                    of in {"date", "datetime"} and node.attr in {"today", "now"}
                )
                if past:
                    found.append(f"{module.at(node)} asks {of}.{node.attr}")
            elif isinstance(node, ast.keyword) and re.search(r"__date(__|$)", node.arg or ""):
                found.append(f"{module.at(node.value)} compares {node.arg}")

    assert found == [], "ask foundation/core/clock.py"
