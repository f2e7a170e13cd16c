# SPDX-License-Identifier: Apache-2.0
"""Objectives of an office, and the portfolios that serve them."""

import pytest

from cast import SYSTEM
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Portfolio, StrategicObjective
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent


def objective(office, code, **values):
    return services.save_objective(
        actor=SYSTEM, office=office, objective=None, values={"code": code, "title": code, **values}
    )


def serve(cast, *objectives, by=None, version=None, **values):
    return services.update_portfolio(
        actor=by or cast.ada.actor(),
        portfolio=cast.portfolio,
        values=values,
        version=version,
        objectives=objectives,
        reason="The board chose.",
    )


def served(cast):
    return list(cast.portfolio.objectives.order_by("code").values_list("code", flat=True))


def test_a_portfolio_names_the_objectives_it_serves(cast):
    deep, clean = objective(cast.office, "DEEP"), objective(cast.office, "CLEAN")

    row = serve(cast, deep, clean, version=cast.portfolio.version)
    serve(cast, clean, version=row.version)

    assert served(cast) == ["CLEAN"]
    events = AuditEvent.objects.filter(action="portfolio.objectives").order_by("pk")
    assert [(event.before, event.after, event.reason) for event in events] == [
        ({"objectives": []}, {"objectives": [deep.pk, clean.pk]}, "The board chose."),
        ({"objectives": [deep.pk, clean.pk]}, {"objectives": [clean.pk]}, "The board chose."),
    ]
    assert Portfolio.objects.get(pk=cast.portfolio.pk).version == cast.portfolio.version + 2


def test_a_change_of_name_and_objectives_is_one_version(cast):
    row = serve(cast, objective(cast.office, "DEEP"), name="Quays", version=1)

    assert (row.name, row.version, served(cast)) == ("Quays", 2, ["DEEP"])


def test_the_same_objectives_again_change_nothing(cast):
    deep = objective(cast.office, "DEEP")
    first = serve(cast, deep)

    again = serve(cast, deep)

    assert again.version == first.version
    assert AuditEvent.objects.filter(action="portfolio.objectives").count() == 1


def test_objectives_that_are_not_named_stay(cast):
    serve(cast, objective(cast.office, "DEEP"))

    services.update_portfolio(
        actor=cast.ada.actor(), portfolio=cast.portfolio, values={"name": "Quays"}, version=None
    )

    assert served(cast) == ["DEEP"]


def test_an_objective_of_another_office_is_refused(cast):
    foreign = objective(cast.other_office, "RUN")

    with pytest.raises(Invalid) as refused:
        serve(cast, foreign, name="Quays")

    assert list(refused.value.fields) == ["objectives"]
    assert served(cast) == []
    assert Portfolio.objects.get(pk=cast.portfolio.pk).name == "Quayside"


def test_a_voided_objective_is_kept_but_not_chosen_anew(cast):
    deep, clean = objective(cast.office, "DEEP"), objective(cast.office, "CLEAN")
    serve(cast, deep)
    StrategicObjective.objects.update(voided=True)
    deep.refresh_from_db()
    clean.refresh_from_db()

    serve(cast, deep, name="Quays")
    with pytest.raises(Invalid):
        serve(cast, deep, clean)

    assert served(cast) == ["DEEP"]


def test_a_stale_choice_of_objectives_is_refused(cast):
    deep, clean = objective(cast.office, "DEEP"), objective(cast.office, "CLEAN")
    serve(cast, deep, version=1)

    with pytest.raises(Conflict, match="Ada Example"):
        serve(cast, clean, version=1)

    assert served(cast) == ["DEEP"]


@pytest.mark.parametrize("who", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_who_may_not_change_a_portfolio_may_not_choose_its_objectives(cast, who):
    deep = objective(cast.office, "DEEP")

    with pytest.raises(NotAllowed):
        serve(cast, deep, by=cast.people[who].actor())

    assert served(cast) == []


def test_the_form_ticks_what_is_served_and_saves_what_is_ticked(client, cast):
    deep, clean = objective(cast.office, "DEEP"), objective(cast.office, "CLEAN")
    objective(cast.other_office, "RUN")
    serve(cast, deep)
    cast.portfolio.refresh_from_db()
    client.force_login(cast.ada)
    address = f"/register/portfolios/{cast.portfolio.pk}/edit/"

    form = client.get(address).content.decode()
    answer = client.post(
        address,
        {
            "name": "Quayside",
            "code": "QUAY",
            "currency": "EUR",
            "version": cast.portfolio.version,
            f"objective.{clean.pk}": "on",
        },
        follow=True,
    )

    assert "RUN" not in form
    assert served(cast) == ["CLEAN"]
    assert f'href="/register/objectives/#objective-{clean.pk}">CLEAN CLEAN' in (
        answer.content.decode()
    )
    page = client.get("/register/objectives/").content.decode()
    assert f'<a href="/register/portfolios/{cast.portfolio.pk}/">Quayside</a>' in page


def test_a_portfolio_opens_with_objectives(client, cast):
    deep = objective(cast.office, "DEEP")
    client.force_login(cast.ada)

    client.post(
        "/register/portfolios/new/",
        {
            "name": "Locks",
            "code": "LOCK",
            "org_unit": cast.unit.pk,
            "currency": "EUR",
            f"objective.{deep.pk}": "on",
        },
    )

    assert Portfolio.objects.get(code="LOCK").objectives.get() == deep
