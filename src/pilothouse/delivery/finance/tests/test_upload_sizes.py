# SPDX-License-Identifier: Apache-2.0
"""Of a file that is too large no more is read than shows that it is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.urls import reverse

from pilothouse.delivery.finance.services import rate_files
from pilothouse.delivery.finance.tests.budgeting import draft
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.delivery.finance.views import rates
from pilothouse.exchange.services import budget as budget_files
from pilothouse.exchange.views import budget as budget_views

pytestmark = pytest.mark.django_db
MOST = 100


@pytest.fixture
def asked(monkeypatch, settings):
    """How much was read at a time, where at most 100 bytes are taken."""
    found = []

    def read(self, size=-1):
        found.append(size)
        return self.file.read(size)

    settings.PILOTHOUSE_UPLOAD_MAX_BYTES = MOST
    for module in (rate_files, rates, budget_files, budget_views):
        monkeypatch.setattr(module, "MOST_BYTES", MOST)
    monkeypatch.setattr(UploadedFile, "read", read)
    return found


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("finance:ledger-send", "femi"),
        ("finance:exchange-paste", "femi"),
        ("exchange:budget-read", "piet"),
    ],
)
def test_a_file_above_the_limit_is_refused_before_it_is_whole_in_memory(
    cast, client, asked, name, who
):
    place, values = cast.office.pk, {}
    if name == "exchange:budget-read":
        budget = draft(cast, months(cast.office, 2026))
        place, values = budget.pk, {"version": budget.version}
    client.force_login(cast.people[who])
    file = SimpleUploadedFile("rows.csv", b"x" * (50 * MOST))
    asked.clear()

    answer = client.post(reverse(name, args=[place]), values | {"file": file})

    assert answer.status_code == 422
    assert "The file is larger than" in answer.content.decode()
    assert asked[-1] == MOST + 1
