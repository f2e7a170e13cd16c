# SPDX-License-Identifier: Apache-2.0
"""Short journeys over one furnished house: by keyboard, in two windows, without script, by phone."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from browsing import PHONE, axe_faults
from pilothouse.direction.performance.models import PerformanceSnapshot

TABLE = "table.ph-pf-table"


def test_whoever_has_no_mouse_finds_and_goes_by_keyboard(visitor, furnished):
    page = visitor().sign_in("ada@example.org")
    palette = page.get_by_role("dialog", name="Search or jump to")
    options = palette.get_by_role("option")
    keys = page.keyboard

    page.locator("body").press("/")
    expect(palette.get_by_role("combobox")).to_be_focused()
    expect(options.first).to_contain_text("Projects")
    keys.press("Escape")
    expect(palette).to_be_hidden()

    page.locator("body").press("/")
    keys.type("harb")
    expect(options.first).to_contain_text("Harbour")
    expect(options).to_have_count(2)
    keys.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(options.nth(1)).to_contain_text("Harbour lights")
    keys.press("ArrowUp")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour")

    page.wait_for_load_state()
    keys.press("Control+k")
    keys.type("cockp")
    expect(options).to_have_count(1)
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/cockpit/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Cockpit")

    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_what_opens_over_a_page_is_accessible_by_day_and_by_night(axe_windows, furnished):
    page = axe_windows().sign_in("ada@example.org")
    options = page.get_by_role("dialog", name="Search or jump to").get_by_role("option")

    def judge() -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert axe_faults(page) == []

    page.locator("body").press("/")
    page.keyboard.type("harb")
    expect(options.first).to_contain_text("Harbour")
    judge()
    page.keyboard.type("zzz")
    expect(options.first).to_contain_text("No match for “harbzzz”")
    judge()

    open_harbour(page)
    expect(page.get_by_label("Comment")).to_be_visible()
    judge()

    page.set_viewport_size(PHONE)
    page.goto("/?view=0")
    page.get_by_role("button", name="Menu").click()
    judge()


def open_harbour(page: Page) -> None:
    page.goto("/?view=0")
    page.get_by_role("link", name="Edit what is stated about Harbour", exact=True).click()


def test_the_second_of_two_windows_is_told_and_may_take_over(visitor, furnished):
    first, second = visitor(), visitor()
    ada, piet = first.sign_in("ada@example.org"), second.sign_in("piet@example.org")
    for page in (ada, piet):
        open_harbour(page)
        expect(page.get_by_label("Comment")).to_have_value("")

    ada.get_by_label("Comment").fill("Ada was here.")
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_role("status")).to_contain_text("Harbour is saved")

    piet.get_by_label("Comment").fill("Piet knows better.")
    with second.watch.refusal(409):
        piet.get_by_role("button", name="Save").click()
        alert = piet.get_by_role("alert")
        expect(alert).to_contain_text("was changed by Ada Example in the meantime")
    expect(alert).to_be_focused()
    expect(piet.get_by_text("Saved now: Ada was here.")).to_be_visible()
    expect(piet.get_by_label("Comment")).to_have_value("Piet knows better.")

    piet.get_by_role("button", name="Save").click()
    expect(piet.get_by_role("status")).to_contain_text("Harbour is saved")
    open_harbour(ada)
    expect(ada.get_by_label("Comment")).to_have_value("Piet knows better.")


def shown_names(page: Page) -> list[str]:
    return page.locator(f"{TABLE} tbody th a").all_inner_texts()


def save_file(page: Page, link: str, folder: Path) -> Path:
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link).click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    page.keyboard.press("Escape")
    return file


def test_a_shared_view_is_opened_by_another_and_exported_as_shown(visitor, furnished, tmp_path):
    page = visitor().sign_in("ada@example.org")
    page.goto("/?phase=all&sort=name&columns=phase,stated,slip")
    page.get_by_label("Name, code, manager, portfolio or programme").fill("harb")
    page.get_by_role("button", name="Find").click()
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Save what is shown as").fill("Around the harbour")
    page.get_by_label("Share in Port").check()
    page.locator("form", has=page.get_by_label("Share in Port")).get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("“Around the harbour” is saved")

    other = visitor().sign_in("piet@example.org")
    other.locator("summary", has_text="Views").click()
    other.get_by_role("link", name="Around the harbour").click()
    expect(other.locator("summary", has_text="Around the harbour")).to_be_visible()
    expect(other.locator(f"{TABLE} thead th")).to_have_text(
        ["Project", "Phase", "Stated", "Slip, days"]
    )
    assert shown_names(other) == ["Harbour", "Harbour lights"]

    workbook = CalamineWorkbook.from_path(str(save_file(other, "Excel workbook (XLSX)", tmp_path)))
    cells = workbook.get_sheet_by_name("Projects").to_python()
    with save_file(other, "Text table (CSV)", tmp_path).open(
        encoding="utf-8-sig", newline=""
    ) as file:
        lines = list(csv.reader(file))
    for table in (cells, lines):
        head = table[0]
        assert [head.index(name) for name in ("Phase", "Stated", "Slip, days")] == sorted(
            head.index(name) for name in ("Phase", "Stated", "Slip, days")
        )
        assert "Budget" not in head
        rows = [dict(zip(head, row, strict=False)) for row in table[1:3]]
        assert [row["Project"] for row in rows] == ["Harbour", "Harbour lights"]
        assert [row["Stated"] for row in rows] == ["Green", "Amber"]
        assert not any(cell for row in table[3:4] for cell in row)


def test_all_goes_without_script(visitor, furnished):
    page = visitor(java_script_enabled=False).sign_in("piet@example.org")
    harbour = furnished.cast.harbour
    colour = PerformanceSnapshot.objects.get(project=harbour, valid_to=None).overall
    page.get_by_label("Overall colour", exact=True).select_option(colour)
    page.get_by_role("button", name="Find").click()
    assert "Harbour" in shown_names(page)
    page.get_by_role("link", name="Clear", exact=True).click()

    page.get_by_role("link", name="Rail sidings", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rail sidings")
    open_harbour(page)
    page.get_by_label("Stated colour").select_option("amber")
    page.get_by_label("Comment").fill("The dredger waits for the tide.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Harbour is saved")

    page.goto("/search/?q=harb")
    page.get_by_role("link", name="Project Harbour HARB").click()
    expect(page.get_by_text("The dredger waits for the tide.").first).to_be_visible()


def test_the_menu_of_a_phone_opens_leads_and_closes(visitor, furnished):
    page = visitor(viewport=PHONE, has_touch=True, is_mobile=True).sign_in("ada@example.org")
    menu = page.get_by_role("button", name="Menu")
    side = page.get_by_role("navigation", name="Main")
    expect(side).to_be_hidden()

    menu.tap()
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(side.get_by_role("link", name="Cockpit")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(menu).to_be_focused()

    menu.tap()
    side.get_by_role("link", name="Cockpit").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cockpit")
    expect(side).to_be_hidden()
