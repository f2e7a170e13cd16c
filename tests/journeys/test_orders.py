# SPDX-License-Identifier: Apache-2.0
"""Finance orders within the funding, receives a part, and closes the month with its accrual."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import expect

from browsing import axe_faults
from cast import SYSTEM
from pilothouse.delivery.finance.models import Accrual, FiscalPeriod, FundingRelease
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.foundation.core import clock


def test_an_order_is_placed_received_and_accrued_by_keyboard(axe_windows, port):
    today = clock.today()
    for year in (today.year, today.year + 1):
        open_year(actor=SYSTEM, office=port.office, year=year)
    FiscalPeriod.objects.filter(office=port.office, last__lt=today).update(state="closed")
    FundingRelease.objects.create(
        project=port.harbour,
        number=1,
        gate="Gate 2",
        amount=Decimal(1000),
        first=today,
        last=today,
        state="released",
    )
    window = axe_windows()
    page = window.sign_in("femi@example.org")
    page.goto(f"/money/{port.harbour.pk}/orders/")
    page.get_by_role("link", name="New order").first.press("Enter")
    page.get_by_label("Number").fill("PO-1")
    page.get_by_label("Supplier").fill("Dredgers Ltd")
    line = page.get_by_role("region", name="Line 1")
    line.get_by_label("Amount").fill("1,200")
    line.get_by_label("Category").select_option("Services")
    line.get_by_label("Capex or opex").select_option("Opex")
    line.get_by_label("Expected on").fill(today.isoformat())
    with window.watch.refusal(422):
        page.get_by_role("button", name="Enter the order").press("Enter")
        expect(page.get_by_text("1,200.00 is above the EUR 1,000.00").first).to_be_visible()
    assert axe_faults(page) == []
    line.get_by_label("Amount").fill("800")
    page.get_by_role("button", name="Enter the order").press("Enter")
    expect(page.get_by_text("Nothing came yet.")).to_be_visible()

    page.get_by_role("link", name="Receive").first.press("Enter")
    page.get_by_label("Amount, EUR").fill("300")
    page.get_by_role("button", name="Enter the receipt").press("Enter")
    expect(page.get_by_role("heading", name="What came 1")).to_be_visible()

    page.goto(f"/money/desk/{port.office.pk}/")
    close = page.get_by_role("link", name=f"Close {today:%Y-%m}").first
    close.press("Enter")
    expect(page.get_by_role("row", name="PO-1 line 1")).to_contain_text("EUR 300.00")
    assert axe_faults(page) == []
    page.get_by_role("button", name=f"Close {today:%Y-%m}").press("Enter")
    expect(page.get_by_text("1 accrual posted")).to_be_visible()
    assert Accrual.objects.get().own_amount == 300
    page.goto(f"/money/{port.harbour.pk}/accruals/")
    expect(page.get_by_text("received EUR 300.00, invoiced 0.00")).to_be_visible()
