# SPDX-License-Identifier: Apache-2.0
import datetime
import re
from decimal import Decimal

import pytest

from pilothouse.faces.web import templating


def test_a_page_asks_for_sign_in_first(client, db):
    response = client.get("/search/?q=harbour")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/sign-in/?next=")


def test_every_answer_carries_a_strict_policy(client, db):
    response = client.get("/account/sign-in/")

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]


def test_the_theme_is_kept_with_the_person(client, cast):
    client.force_login(cast.piet)

    assert client.post("/theme/", {"theme": "dark"}).status_code == 204
    assert client.post("/theme/", {"theme": "pink"}).status_code == 422

    cast.piet.refresh_from_db()
    assert cast.piet.preferences == {"theme": "dark"}


def test_the_palette_opens_with_the_pages_and_finds_them_by_name(client, cast):
    client.force_login(cast.otto)
    inside = {"HX-Request": "true"}

    every = client.get("/search/", headers=inside).text
    assert re.findall('href="([^"]+)"', every)[:3] == ["/", "/cockpit/", "/register/"]
    found = client.get("/search/?q=publ", headers=inside).text
    assert re.findall('href="([^"]+)"', found) == ["/imports/published/"]
    assert "Enter part of a name or a code." in client.get("/search/").text


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/", ["/"]),
        ("/map/", ["/"]),
        ("/cockpit/", ["/cockpit/"]),
        ("/account/profile/", ["/account/profile/"]),
        ("/account/password/", []),
        ("/search/", []),
        ("/about/", ["/about/"]),
        ("/files/", []),
    ],
)
def test_the_navigation_marks_where_one_is(client, cast, address, current):
    client.force_login(cast.piet)

    side = client.get(address).text.partition('id="ph-side"')[2].partition("</nav>")[0]

    assert re.findall('href="([^"]+)" aria-current', side) == current


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "€0"),
        ("-5", "−€5"),
        ("999.4", "€999"),
        ("999.5", "€1k"),
        ("12345", "€12.3k"),
        ("999499", "€999k"),
        ("999500", "€1M"),
        ("5123400000", "€5.1bn"),
    ],
)
def test_money_in_lists_is_short(amount, text):
    assert templating.money(Decimal(amount), "EUR") == text


def test_money_in_full_and_days_and_signs():
    assert templating.money_full(Decimal("-1234.5"), "CHF") == "−CHF 1,234.50"
    assert templating.day(datetime.date(2027, 3, 4)) == "4 Mar 2027"
    assert templating.day(None) == "–"
    assert templating.signed(-3) == "−3"
    assert templating.signed(12) == "+12"
    assert templating.signed(0) == "0"
    assert templating.initials("Ada Maria Lovelace") == "AL"
