# SPDX-License-Identifier: Apache-2.0
"""How a person likes to see schedules is kept for that person, and only if it makes sense."""

import json

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import ScheduleLook
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

LOOK = {
    "columns": [["number", 44], ["name", 260], ["own:night_crew_2", 110]],
    "zoom": "month",
    "split": 480,
    "critical": False,
}


def test_a_look_is_kept_for_oneself_and_shown_again(client, cast):
    client.force_login(cast.piet)
    assert client.post(reverse("planning:look"), {"look": json.dumps(LOOK)}).status_code == 204
    again = LOOK | {"zoom": "week"}
    client.post(reverse("planning:look"), {"look": json.dumps(again)})

    assert ScheduleLook.objects.get().look == again
    assert ScheduleLook.objects.get().user == cast.piet


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no JSON"),
        ("[]", "is no object"),
        ("[" * 4000, "is no JSON"),
        ('{"look": "' + "x" * 9000 + '"}', "is too long"),
        ('{"zoom": "decade"}', "has no ‘zoom’"),
        ('{"zoom": []}', "has no ‘zoom’"),
        ('{"split": 10}', "has no ‘split’"),
        ('{"split": "wide"}', "has no ‘split’"),
        ('{"critical": 1}', "has no ‘critical’"),
        ('{"columns": "all"}', "has no ‘columns’"),
        ('{"columns": [["name", 5]]}', "has no ‘columns’"),
        ('{"columns": [["<b>", 50]]}', "has no ‘columns’"),
        ('{"columns": [["own:<b>", 50]]}', "has no ‘columns’"),
        ('{"columns": [["name"]]}', "has no ‘columns’"),
        ('{"columns": [["name", true]]}', "has no ‘columns’"),
        ('{"other": 1}', "has no ‘other’"),
        ('{"split": NaN}', "has no ‘split’"),
    ],
)
def test_what_is_no_look_is_refused_and_nothing_is_kept(cast, text, reason):
    with pytest.raises(Invalid, match=reason):
        services.keep_look(actor=cast.piet.actor(), text=text)
    assert not ScheduleLook.objects.exists()


def test_nobody_but_a_person_has_a_look():
    with pytest.raises(Invalid, match="belongs to a person"):
        services.keep_look(actor=Actor.system("nightly"), text="{}")
