# SPDX-License-Identifier: Apache-2.0
"""Open schedule screens are told of each new version of their plan, and of nothing else."""

import asyncio
from datetime import date

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import queries, services


def heard(project_id, turns):
    """What a listener gets in so many turns; ``turns`` are done between two readings."""

    async def listen():
        found = []
        stream = queries.versions_of(project_id, every=0.01, lasts=60)
        todo = list(turns)
        async for event in stream:
            found.append(event)
            if not event.startswith("data"):
                continue
            if not todo:
                break
            await asyncio.to_thread(todo.pop(0))
        await stream.aclose()
        return found

    return asyncio.run(listen())


@pytest.mark.django_db(transaction=True)
def test_a_listener_hears_the_version_now_and_each_one_after(cast):
    actor = cast.piet.actor()
    services.begin_plan(actor=actor, project=cast.harbour, start=date(2026, 3, 2))

    def edit():
        step = {"do": "add", "after": None, "tasks": [{"name": "Dredge"}]}
        services.edit_plan(actor=actor, project=cast.harbour, steps=[step])

    found = heard(cast.harbour.pk, [edit, edit])

    assert found == ["retry: 10\n\n", "data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]


@pytest.mark.django_db(transaction=True)
def test_a_listener_is_told_when_the_plan_is_deleted_and_no_longer_asked(cast):
    actor = cast.piet.actor()
    services.begin_plan(actor=actor, project=cast.harbour, start=date(2026, 3, 2))

    def delete():
        services.delete_plan(actor=actor, project=cast.harbour, reason="Over", version=1)

    found = heard(cast.harbour.pk, [delete])

    assert found == ["retry: 10\n\n", "data: 1\n\n", "event: gone\ndata:\n\n"]


def test_a_stream_is_neither_packed_nor_kept(client, cast):
    client.force_login(cast.piet)
    address = reverse("planning:live", args=[cast.harbour.pk])

    answer = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer
