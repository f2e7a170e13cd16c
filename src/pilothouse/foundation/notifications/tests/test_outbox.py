# SPDX-License-Identifier: Apache-2.0
"""Mails in the folder, looked at in the browser: by whom, and whatever they hold."""

from __future__ import annotations

import pytest
from django.core.mail import send_mail

from cast import person
from pilothouse.foundation.core.models import JobRun

HOSTILE = "<script>alert(1)</script>\njavascript:alert(1) http://evil.example/x?<b>\nhttp://testserver/notices/ go"


@pytest.fixture
def folder(settings, tmp_path):
    """No mail server is set."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "outbox"
    return tmp_path / "outbox"


@pytest.fixture
def root(cast):
    """Who keeps the installation."""
    user = person("Root Example")
    user.is_system_admin = True
    user.save()
    return user


def lay(to, subject="Your task", body=HOSTILE):
    send_mail(subject, body, None, [to.email])


def demo():
    JobRun.objects.create(name="demo.example", outcome=JobRun.Outcome.DONE)


def name_of(folder):
    (path,) = folder.glob("*.log")
    return path.name.removesuffix(".log")


def test_an_administrator_sees_all_mails_but_no_links_of_others(client, cast, root, folder):
    lay(cast.piet)
    client.force_login(root)

    listed = client.get("/outbox/").content.decode()
    shown = client.get(f"/outbox/{name_of(folder)}/").content.decode()

    assert "Your task" in listed
    assert cast.piet.email in listed
    assert "http://testserver/notices/" not in shown
    assert "evil.example" not in shown
    assert "[a link for its reader alone]" in shown


def test_a_hostile_mail_is_text_and_only_links_to_this_site_can_be_followed(client, cast, folder):
    demo()
    lay(cast.piet, subject="<img src=x>")
    client.force_login(cast.piet)

    listed = client.get("/outbox/").content.decode()
    shown = client.get(f"/outbox/{name_of(folder)}/").content.decode()

    assert "&lt;img src=x&gt;" in listed
    assert "<img src=x>" not in listed + shown
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert '<a href="/notices/">http://testserver/notices/</a>' in shown
    assert 'href="http://evil' not in shown
    assert 'href="javascript' not in shown


def test_in_the_demo_everybody_sees_the_own_mails_alone(client, cast, folder):
    demo()
    lay(cast.piet)
    client.force_login(cast.tess)

    assert "Your task" not in client.get("/outbox/").content.decode()
    assert client.get(f"/outbox/{name_of(folder)}/").status_code == 404
    client.force_login(cast.piet)
    assert "Your task" in client.get("/outbox/").content.decode()


def test_elsewhere_only_an_administrator_looks(client, cast, folder):
    lay(cast.piet)
    client.force_login(cast.piet)

    assert client.get("/outbox/").status_code == 403
    assert client.get(f"/outbox/{name_of(folder)}/").status_code == 403


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "x", "20260101-000000-1"])
def test_no_other_file_is_read(client, root, folder, name):
    (folder.parent / "x.log").write_text("To: root@example.org\n\nsecret")
    client.force_login(root)

    assert client.get(f"/outbox/{name}/").status_code == 404


def test_with_a_mail_server_there_is_no_outbox(client, root):
    client.force_login(root)

    assert client.get("/outbox/").status_code == 404


def test_a_broken_file_breaks_no_page(client, cast, root, folder):
    lay(cast.piet)
    (folder / "20260101-000000-1.log").write_bytes(b"\xff\xfe\x00 no mail \n\n\n\x00")
    client.force_login(root)

    assert client.get("/outbox/").status_code == 200
    assert client.get("/outbox/20260101-000000-1/").status_code == 200
