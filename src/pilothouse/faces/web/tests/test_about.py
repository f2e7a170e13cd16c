# SPDX-License-Identifier: Apache-2.0
"""The page "About Pilothouse": what an auditor asks for, and what not everybody needs to know."""

import re

import pytest

from pilothouse import __version__
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.parts import PACKAGE, parts


@pytest.fixture
def page_for(client, cast):
    def get(person):
        client.force_login(person)
        return client.get("/about/").text

    return get


def cells(text):
    return re.findall(r"<t[dh][^>]*>([^<]*)", text.partition('id="packages-title"')[2])


def test_every_part_is_there_with_its_licence(page_for, cast):
    text = page_for(cast.otto)

    assert f"<dd>{__version__}</dd>" in text
    told = cells(text)
    for part in parts():
        if part.kind == PACKAGE:
            assert told[told.index(part.name) + 1] == part.licence
    assert "Open Government Licence v3.0" in text
    assert "OpenSSL (Apache-2.0)" in text


def test_versions_of_parts_are_told_to_who_answers_for_them(page_for, cast):
    django = next(part for part in parts() if part.name == "django")
    root = create_user(
        actor=Actor.system("test"),
        email="root@example.org",
        full_name="Root Example",
        is_system_admin=True,
    )

    for person in (cast.ada, root):
        assert cells(page_for(person))[5:7] == [parts()[0].name, parts()[0].version]
        assert django.version in page_for(person)
    for person in (cast.piet, cast.otto):
        assert django.version not in page_for(person)
