# SPDX-License-Identifier: Apache-2.0
import pytest


@pytest.mark.parametrize("who", ["ada", "piet", "sam", "tess", "rosa", "femi"])
def test_people_of_the_office_see_their_project(client, cast, who):
    client.force_login(cast.people[who])

    page = client.get("/").content.decode()

    assert "Harbour" in page
    assert "Foreign runway" not in page
