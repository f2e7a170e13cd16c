# SPDX-License-Identifier: Apache-2.0
"""From an installation with nothing in it to the first project, page by page."""

import pytest

from cast import PASSWORD, SYSTEM, person
from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import Calendar, OrgUnit


@pytest.fixture
def una(db):
    """The only account of a fresh installation, as ``createadmin`` makes it."""
    return create_user(
        actor=SYSTEM,
        email="una@example.org",
        full_name="Una Root",
        password=PASSWORD,
        is_system_admin=True,
    )


def sign_in(client, after=""):
    address = "/account/sign-in/" + (f"?next={after}" if after else "")
    values = {"username": "una@example.org", "password": PASSWORD, "next": after}
    return client.post(address, values, follow=True)


def open_office(client):
    client.post(
        "/register/start/organisation/", {"name": "Harbour", "code": "H", "currency": "EUR"}
    )
    return OrgUnit.objects.get()


@pytest.mark.parametrize("after", ["", "/"])
def test_the_first_sign_in_leads_to_the_start(client, una, after):
    answer = sign_in(client, after)

    assert answer.redirect_chain[-1][0] == "/register/start/"
    assert "Open an organisation" in answer.content.decode()


def test_whoever_asked_for_a_page_gets_it_after_signing_in(client, una):
    assert sign_in(client, "/office/units/").redirect_chain[-1][0] == "/office/units/"


@pytest.mark.parametrize("address", ["/", "/register/"])
def test_empty_pages_lead_a_system_administrator_to_the_start(client, una, address):
    client.force_login(una)

    assert 'href="/register/start/"' in client.get(address).content.decode()


def test_one_person_goes_from_nothing_to_the_first_project(client, una):
    sign_in(client)
    opened = client.post(
        "/register/start/organisation/",
        {"name": "Harbour", "code": "H", "currency": "EUR"},
    )
    office = OrgUnit.objects.get()
    assert opened["Location"] == f"/register/start/director/{office.pk}/"
    assert Calendar.objects.get(office=office).is_default

    named = {"person": una.pk, "reason": "One-person office", "alone": "on"}
    start = client.post(opened["Location"], named, follow=True)
    assert f'href="/register/portfolios/new/?unit={office.pk}"' in start.content.decode()
    assert AuditEvent.objects.get(action="office.bootstrap").reason == "One-person office"

    first = client.get("/").content.decode()
    assert 'href="/register/portfolios/new/"' in first
    assert 'href="/imports/new/"' not in first, "without a portfolio nothing can come in"

    client.post(
        "/register/portfolios/new/",
        {"name": "All", "code": "ALL", "org_unit": office.pk, "currency": "EUR"},
    )
    portfolio = Portfolio.objects.get()
    start = client.get("/register/start/").content.decode()
    assert 'href="/register/projects/new/"' in start
    assert 'href="/imports/new/"' in start
    assert client.get("/imports/new/").status_code == 200

    client.post(
        "/register/projects/new/",
        {
            "name": "Quay",
            "code": "Q1",
            "portfolio": portfolio.pk,
            "currency": "EUR",
            "size_class": "M",
            "classification": "public_internal",
        },
    )
    assert Project.objects.get().portfolio == portfolio
    assert "The office is set up." in client.get("/register/start/").content.decode()
    assert "Quay" in client.get("/").content.decode()


def test_naming_oneself_asks_whether_one_is_alone(client, una):
    client.force_login(una)
    office = open_office(client)

    answer = client.post(
        f"/register/start/director/{office.pk}/", {"person": una.pk, "reason": "Me"}
    )

    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Nobody gives themselves a role unless they are alone." in html
    assert (
        'The person has no account yet? <a href="/register/people/invite/">Invite them</a>' in html
    )
    assert "Mend it" not in html
    assert not RoleAssignment.objects.exists()


def test_a_second_first_director_is_refused(client, una):
    client.force_login(una)
    office = open_office(client)
    ada, piet = person("Ada Example"), person("Piet Example")
    address = f"/register/start/director/{office.pk}/"
    client.post(address, {"person": ada.pk, "reason": "The board"})

    answer = client.post(address, {"person": piet.pk, "reason": "The board"})

    assert answer.status_code == 403
    assert RoleAssignment.objects.get().person == ada


def test_a_director_continues_where_the_administrator_stops(client, una):
    client.force_login(una)
    office = open_office(client)
    ada = person("Ada Example")
    client.post(f"/register/start/director/{office.pk}/", {"person": ada.pk, "reason": "The board"})

    assert "The director opens it." in client.get("/register/start/").content.decode()
    assert client.get("/register/portfolios/new/").status_code == 403
    client.force_login(ada)
    assert "New portfolio" in client.get("/register/start/").content.decode()
    assert client.get("/register/portfolios/new/").status_code == 200


def test_an_organisation_with_mistakes_is_not_opened(client, una):
    client.force_login(una)

    answer = client.post("/register/start/organisation/", {"name": "", "code": "", "currency": ""})

    assert answer.status_code == 422
    assert OrgUnit.objects.count() == 0
