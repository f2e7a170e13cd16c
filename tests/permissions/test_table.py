# SPDX-License-Identifier: Apache-2.0
"""Who gets which answer at every address and from every operation of the API.

``table.txt`` is the rule, one line for each method of each address. 200, 201, 204 and 302 are
leave, 403 is a refusal of what is seen, 404 of what is not, 401 and 302 send a stranger to sign
in, and 422 is leave that a value stands in the way of.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import walking
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from walking import Line

from cast import PASSWORD, SYSTEM
from furnished import give_second_factor
from pilothouse.faces.web.sessions import OPEN_WITHOUT_FACTOR
from pilothouse.foundation.accounts.models import ApiToken
from pilothouse.foundation.accounts.services import create_token, token_digest
from pilothouse.foundation.core import clock
from pilothouse.foundation.organisation import second_factor as services

PEOPLE, TABLE = walking.read_table()
pytestmark = pytest.mark.django_db
SIGN_IN = "/account/sign-in/"


def _is_refusal(status: int, response) -> bool:
    return status >= 400 or (status == 302 and response["Location"].startswith(SIGN_IN))


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_everybody_gets_the_answer_of_the_table(house, line):
    url = walking.url_of(line, house.own)
    form = house.form(line, url)

    got = {}
    for name in PEOPLE:
        with walking.taken_back() as written:
            answer = walking.send(house.browser(name), line, url, form)
            got[name] = answer.status_code
            may_not_write = _is_refusal(answer.status_code, answer) or line.method == "GET"
            if written and may_not_write:
                assert walking.digest() == house.before, f"{name} changed something: {written}"

    assert got == line.expected


@pytest.mark.parametrize(
    "line",
    [line for line in TABLE if 404 in line.expected.values() and line.expected["ada"] != 404],
    ids=str,
)
def test_what_lies_in_another_office_is_not_found_by_its_head(house, line):
    """Ada directs her office and finds nothing of the other one, not even that it is there."""
    url = walking.url_of(line, house.foreign)
    if url == walking.url_of(line, house.own):
        return

    with walking.taken_back() as written:
        answer = walking.send(house.browser("ada"), line, url, house.form(line, url))

        assert answer.status_code == 404
        assert not written or walking.digest() == house.before


def test_a_password_without_the_code_opens_the_page_of_the_code_and_no_other(house):
    sam = house.cast.sam
    open_ones = {"GET accounts:sign-in-code": 200, "POST accounts:sign-in-code": 422}
    with walking.taken_back():
        give_second_factor(sam)
        client = Client(raise_request_exception=False)
        answer = client.post(SIGN_IN, {"username": sam.email, "password": PASSWORD})
        assert answer["Location"] == f"{SIGN_IN}code/"
        cookies = client.cookies.copy()
        got = {}
        for line in TABLE:
            url = walking.url_of(line, house.own)
            form = house.form(line, url)
            client.cookies = cookies.copy()
            with walking.taken_back():
                got[str(line)] = walking.send(client, line, url, form).status_code

    assert got == {str(line): line.expected[walking.NOBODY] for line in TABLE} | open_ones


def _needs_sign_in(address: str) -> bool:
    return getattr(walking.addresses()[address].callback, "login_required", True)


def test_whoever_must_have_a_second_factor_is_led_to_it_from_every_door(house):
    """Sam signed in before the rule began; he has a password and no second factor."""
    sam = house.cast.sam
    page, code = "/account/second-factor/", "accounts.second_factor_needed"
    asked = [(line, walking.url_of(line, house.own)) for line in TABLE]
    asked = [(line, url, house.form(line, url)) for line, url in asked]
    with walking.taken_back():
        office = house.cast.office
        services.set_rule_of_office(
            actor=SYSTEM, office=office, since=clock.today(), version=None, reason=""
        )
        secret = "ph_sam"
        ApiToken.objects.create(
            user=sam,
            name="Before the rule",
            digest=token_digest(secret),
            may_write=True,
            expires_at=timezone.now() + timedelta(days=1),
        )
        before = walking.digest()
        for line, url, form in asked:
            by_api = line.address in walking.operations() or line.address == "api:openapi"
            with walking.taken_back() as written:
                answer = walking.send(house.browser("sam"), line, url, form)
                if by_api:
                    problem = (answer.status_code, answer.json()["code"])
                    assert (str(line), problem) == (str(line), (403, code))
                elif line.address in OPEN_WITHOUT_FACTOR or not _needs_sign_in(line.address):
                    assert (str(line), answer.status_code) == (str(line), line.expected["sam"])
                    continue
                else:
                    led = (answer.status_code, answer.get("Location"))
                    assert (str(line), led) == (str(line), (302, page))
                assert not written or walking.digest() == before, f"{line} changed something"
            if by_api:
                with walking.taken_back() as written:
                    bearer = {"Authorization": f"Bearer {secret}"}
                    nobody = Client(raise_request_exception=False)
                    answer = walking.send(nobody, line, url, form, bearer)
                    problem = (answer.status_code, answer.json()["code"])
                    assert (str(line), problem) == (str(line), (403, code))


@pytest.mark.parametrize("may_write", [False, True], ids=["reading", "writing"])
def test_a_token_does_what_its_owner_may_and_writes_only_if_it_was_made_to(house, may_write):
    ada = house.cast.ada
    lines = [line for line in TABLE if line.address in walking.operations()]
    with walking.taken_back():
        _, secret = create_token(actor=ada.actor(), user=ada, name="T", may_write=may_write)
        # There are more operations than a token may ask in two rounds of one minute.
        cache.clear()
        for line in lines:
            url = walking.url_of(line, house.own)
            with walking.taken_back():
                answer = walking.send(
                    Client(raise_request_exception=False),
                    line,
                    url,
                    house.form(line, url),
                    {"Authorization": f"Bearer {secret}"},
                )
            expected = line.expected["ada"]
            if (line.method != "GET" and not may_write) or line.address == "api:create_token":
                expected = 403
            assert (str(line), answer.status_code) == (str(line), expected)


def test_every_address_and_operation_stands_in_the_table():
    told = {line.address for line in TABLE}
    known = set(walking.addresses()) | set(walking.operations())

    assert known - told == set(), "add a line to tests/permissions/table.txt for each of these"
    assert told - known == set(), "these lines of tests/permissions/table.txt have no address"


def test_every_operation_stands_with_its_own_method():
    told = {line.address: line.method for line in TABLE if line.address in walking.operations()}

    assert told == {name: method for name, (method, _) in walking.operations().items()}


def test_no_line_stands_twice():
    names = [str(line) for line in TABLE]

    assert sorted(set(names)) == sorted(names)


def test_an_address_that_is_not_in_the_table_for_a_method_refuses_it(house):
    """A page that takes a method nobody wrote down would be open to no rule."""
    told = {str(line) for line in TABLE}
    open_ones = []
    for address in walking.addresses():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            line = Line(method, address, {})
            if str(line) in told or address.startswith("api:unknown"):
                continue
            with walking.taken_back():
                url = walking.url_of(line, house.own)
                answer = walking.send(house.browser("ada"), line, url, {})
            if answer.status_code != 405:
                open_ones.append(f"{line} → {answer.status_code}")

    assert open_ones == []
