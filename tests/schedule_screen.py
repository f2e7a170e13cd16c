# SPDX-License-Identifier: Apache-2.0
"""The schedule screen as a journey handles it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Screen:
    """One open schedule: its cells by row name, its bars, what it says."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = page.keyboard
        self.grid = page.get_by_role("treegrid")
        self.status = page.locator("#ph-s-status")

    def open(self, project_id: int) -> Screen:
        self.page.goto(f"/plans/{project_id}/schedule/")
        expect(self.page.locator("ph-schedule[ready]")).to_be_visible()
        return self

    def row(self, name: str) -> Locator:
        return self.page.locator(f'.ph-s-rows [role=row]:has(.ph-s-name:text-is("{name}"))')

    def cell(self, name: str, key: str) -> Locator:
        return self.row(name).locator(f'[data-key="{key}"]')

    def names(self) -> list[str]:
        lines = self.page.locator(".ph-s-rows [role=row]").all()
        found = [
            (int(line.get_attribute("aria-rowindex")), line.locator(".ph-s-name").inner_text())
            for line in lines
        ]
        return [name for _, name in sorted(found)]

    def choose(self, name: str, key: str = "name") -> Screen:
        self.cell(name, key).click()
        return self

    def type(self, text: str) -> Screen:
        """Into the active cell; the answer has come when this returns."""
        self.keys.type(text)
        return self.press("Enter")

    def press(self, key: str) -> Screen:
        self.keys.press(key)
        return self.settled()

    def settled(self) -> Screen:
        expect(self.status).not_to_have_text("Saving…")
        return self

    def bar(self, name: str) -> dict[str, float]:
        uid = self.row(name).get_attribute("data-uid")
        return self.page.locator(f'.ph-s-bar[data-uid="{uid}"]').first.bounding_box()

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, drop=True) -> Screen:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
        mouse.move(*end, steps=3)
        if not drop:
            self.keys.press("Escape")
        mouse.up()
        return self.settled()
