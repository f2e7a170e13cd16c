# SPDX-License-Identifier: Apache-2.0
"""Publications of the past, and the list as a person gets it."""

import re

import pytest
from django.utils import timezone

from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import (
    facts_of,
    publish_snapshot,
    refresh_performance,
)
from pilothouse.foundation.core.actor import Actor


@pytest.fixture
def publish(db):
    """Publish a project at a past day as it stands now, then compute today afresh."""

    def at(project, day, source="Annual report", **values):
        project = Project.objects.select_related("portfolio", "programme", "pm").get(pk=project.pk)
        PerformanceSnapshot.objects.filter(project=project, kind="live").delete()
        PerformanceSnapshot.objects.filter(project=project).order_by("-status_date").exclude(
            valid_to=None
        ).filter(valid_to__gt=day).update(valid_to=None)
        publish_snapshot(
            actor=Actor.system("tests"),
            project=project,
            facts=facts_of(project, day, None),
            status_date=day,
            source=source,
            values=values,
        )
        refresh_performance(project_id=project.pk, today=timezone.localdate())

    return at


@pytest.fixture
def names_for(client):
    """Names of the projects in the order of the list, as a person sees them."""

    def listed(person, query=""):
        client.force_login(person)
        response = client.get(f"/{query}")
        assert response.status_code == 200, response.content.decode()
        return re.findall(r'<a class="ph-two" href="[^"]*">([^<]*)</a>', response.content.decode())

    return listed
