# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest

from pilothouse.direction.portfolio import services
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import CustomField

TODAY = date(2026, 11, 25)


def keep(person, name="Late ones", query="?attention=late", office=None):
    return services.save_view(
        actor=person.actor(), name=name, query=query, shared_office_id=office, today=TODAY
    )


def rename(actor, view, name="Other"):
    return services.change_view(actor=actor, view_id=view.pk, values={"name": name}, today=TODAY)


def test_a_view_keeps_filters_columns_order_and_groups(client, cast, names_for):
    client.force_login(cast.ada)

    response = client.post(
        "/views/save/",
        {"name": " My  view ", "query": "?q=harb&group=phase&sort=-name&columns=phase,slip&page=4"},
    )

    view = SavedView.objects.get()
    assert (view.name, view.owner, view.shared_office_id) == ("My view", cast.ada, None)
    assert view.query == "q=harb&group=phase&sort=-name&columns=phase%2Cslip"
    assert response.headers["Location"] == f"/?{view.query}&view={view.pk}"
    assert names_for(cast.ada, f"?{view.query}&view={view.pk}") == ["Harbour"]
    assert AuditEvent.objects.filter(action="view.save", object_id=view.pk).count() == 1


def test_a_view_of_the_same_name_takes_its_place(cast):
    first = keep(cast.ada)
    second = keep(cast.ada, query="?overall=red")

    assert first.pk == second.pk
    assert SavedView.objects.get().query == "overall=red"


def test_a_view_outlives_a_custom_field_and_says_so(client, cast, names_for):
    depth = CustomField.objects.create(
        office=cast.office, key="depth", label="Depth", kind="number"
    )
    view = keep(cast.ada, query="?custom.depth.min=3&sort=custom.depth&q=harb")
    services.set_default_view(actor=cast.ada.actor(), view_id=view.pk)
    assert names_for(cast.ada) == []
    depth.delete()
    client.force_login(cast.ada)

    for address in (
        "/",
        f"/?{view.query}&view={view.pk}",
        f"/timeline/?{view.query}&view={view.pk}",
    ):
        response = client.get(address)
        assert response.status_code == 200
        assert "Part of the view “Late ones” was left out" in response.content.decode()
        assert "There is no field ‘depth’ in your sight." in response.content.decode()
        assert "custom.depth" not in response.content.decode().partition("ph-pf-filters")[2]

    assert names_for(cast.ada) == ["Harbour"]
    assert client.get(f"/?{view.query}").status_code == 422
    assert client.get(f"/?custom.other=1&view={view.pk}").status_code == 422
    assert client.get(f"/api/v1/projects?view={view.pk}").status_code == 422


def test_a_view_on_a_field_that_is_not_there_is_not_kept(cast):
    with pytest.raises(Invalid, match="no field ‘nope’"):
        keep(cast.ada, query="?custom.nope=1")

    assert not SavedView.objects.exists()


def test_two_people_may_use_the_same_name(cast):
    keep(cast.ada)
    keep(cast.piet)

    assert SavedView.objects.count() == 2


@pytest.mark.parametrize("name", ["", "   ", "\0", "x" * 81])
def test_a_view_needs_a_name(cast, name):
    with pytest.raises(Invalid):
        keep(cast.ada, name=name)

    assert not SavedView.objects.exists()


def test_a_view_with_a_wrong_value_is_not_kept(cast):
    with pytest.raises(Invalid):
        keep(cast.ada, query="?overall=purple")

    assert not SavedView.objects.exists()


def test_a_shared_view_is_seen_in_its_office_only(client, cast):
    keep(cast.piet, "Shared by Piet", office=cast.office.pk)
    keep(cast.piet, "Kept by Piet")

    seen = {}
    for who in ("piet", "ada", "tess", "otto", "nia"):
        client.force_login(cast.people[who])
        page = client.get("/?view=0").content.decode()
        seen[who] = ("Shared by Piet" in page, "Kept by Piet" in page)

    assert seen == {
        "piet": (True, True),
        "ada": (True, False),
        "tess": (True, False),
        "otto": (False, False),
        "nia": (False, False),
    }


def test_nobody_shares_into_an_office_without_a_role_there(cast):
    with pytest.raises(NotAllowed):
        keep(cast.piet, office=cast.other_office.pk)

    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("who", "error"),
    [("ada", None), ("piet", None), ("tess", NotAllowed), ("otto", NotFound), ("nia", NotFound)],
)
def test_a_shared_view_is_changed_by_its_owner_and_the_pmo(cast, who, error):
    view = keep(cast.piet, office=cast.office.pk)
    actor = cast.people[who].actor()

    if error is None:
        rename(actor, view)
        assert SavedView.objects.get().name == "Other"
        services.delete_view(actor=actor, view_id=view.pk)
        assert not SavedView.objects.exists()
    else:
        with pytest.raises(error):
            rename(actor, view)
        with pytest.raises(error):
            services.delete_view(actor=actor, view_id=view.pk)
        assert SavedView.objects.get().name == "Late ones"


def test_a_private_view_is_not_there_for_the_pmo(client, cast):
    view = keep(cast.piet)
    client.force_login(cast.ada)

    assert client.post(f"/views/{view.pk}/delete/").status_code == 404
    assert client.post(f"/views/{view.pk}/rename/", {"name": "Mine"}).status_code == 404
    assert SavedView.objects.get().name == "Late ones"


def test_a_name_in_use_is_refused_in_words(client, cast):
    keep(cast.ada, "One")
    two = keep(cast.ada, "Two")
    client.force_login(cast.ada)

    response = client.post(f"/views/{two.pk}/rename/", {"name": "One"})

    assert response.status_code == 422
    assert "already a view of this name" in response.content.decode()
    assert SavedView.objects.get(pk=two.pk).name == "Two"


def test_the_default_view_opens_with_the_bare_address(client, cast, names_for):
    view = keep(cast.ada, query="?q=nothing+like+this")
    client.force_login(cast.ada)

    assert (
        client.post("/views/default/", {"view": view.pk, "back": "?q=x"}).headers["Location"]
        == "/?q=x"
    )

    assert names_for(cast.ada) == []
    assert names_for(cast.ada, "?view=0") == ["Harbour"]
    client.post("/views/default/", {"view": ""})
    assert names_for(cast.ada) == ["Harbour"]


def test_a_default_view_that_is_gone_opens_every_project(cast, names_for):
    view = keep(cast.ada, query="?q=nothing+like+this")
    services.set_default_view(actor=cast.ada.actor(), view_id=view.pk)
    services.delete_view(actor=cast.ada.actor(), view_id=view.pk)

    assert names_for(cast.ada) == ["Harbour"]


def test_a_view_of_others_cannot_be_the_default(cast):
    view = keep(cast.piet)

    with pytest.raises(NotFound):
        services.set_default_view(actor=cast.nia.actor(), view_id=view.pk)

    cast.nia.refresh_from_db()
    assert cast.nia.preferences == {}


def test_chosen_columns_are_kept_with_the_person(client, cast):
    client.force_login(cast.ada)

    client.post("/columns/", {"columns": ["slip", "phase", "nonsense"], "back": "?q=harb"})

    cast.ada.refresh_from_db()
    assert cast.ada.preferences["portfolio_columns"] == ["phase", "slip"]
    page = client.get("/").content.decode()
    assert "sort=slip" in page
    assert "sort=budget&" not in page.partition("<thead>")[2]
    client.post("/columns/", {"usual": "1"})
    assert ">Budget" in client.get("/").content.decode().partition("<thead>")[2]


def test_the_way_back_never_leaves_the_list(client, cast):
    client.force_login(cast.ada)

    for back in ("https://evil.example/?q=1", "//evil.example?q=1", "javascript:1?q=1"):
        assert client.post("/columns/", {"back": back}).headers["Location"] == "/?q=1"
    assert client.post("/columns/", {"back": ""}).headers["Location"] == "/?view=0"


@pytest.mark.parametrize("address", ["/views/save/", "/views/default/", "/columns/"])
def test_views_are_changed_by_posting_only(client, cast, address):
    client.force_login(cast.ada)

    assert client.get(address).status_code == 405


def test_wrong_numbers_are_refused(client, cast):
    client.force_login(cast.ada)

    assert client.post("/views/default/", {"view": "x"}).status_code == 422
    assert client.post("/views/save/", {"name": "A", "office": "9" * 30}).status_code == 422
    assert client.post("/views/999999/delete/").status_code == 404
