# SPDX-License-Identifier: Apache-2.0
"""The own notices and how one wants to be told."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.foundation.accounts.web import person_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Section,
    address_of,
    as_text,
    form_page,
    site_of,
)
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.notifications import acts, services
from pilothouse.foundation.notifications.models import LAST_HOUR, Delivery, Way
from pilothouse.foundation.notifications.outbox import mail_for, mails_for, pieces_of
from pilothouse.foundation.notifications.queries import (
    delivery_of,
    get_notice,
    notices_of,
    shown_to,
)
from pilothouse.foundation.notifications.rules import way_of
from pilothouse.foundation.notifications.topics import groups
from pilothouse.foundation.notifications.web import BAD_LINK, behind_a_link, closed, too_often

PAGE = 50
MOST_REMARK = 2000
HOURS = [(str(hour), f"{hour:02}:00") for hour in range(LAST_HOUR + 1)]


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What one was told, the newest first."""
    person = person_of(request)
    only_unread = request.GET.get("show") == "unread"
    pages = Paginator(notices_of(person, only_unread=only_unread), PAGE)
    page = pages.get_page(page_number(request.GET))
    context = {
        "rows": shown_to(person, list(page.object_list)),
        "page": page.number,
        "pages": pages.num_pages,
        "total": pages.count,
        "address": address_of(request),
        "only_unread": only_unread,
    }
    return render(request, "notices/list.html", context)


@require_POST
def go(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Go where a notice leads; that reads it."""
    person = person_of(request)
    notice = get_notice(person, notice_id)
    services.mark_read(person=person, notices=[notice.pk])
    return redirect(notice.path)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Say that one notice is read, or all."""
    person = person_of(request)
    chosen = request.POST.get("notice", "")
    if chosen:
        if not chosen.isdecimal() or len(chosen) > 15:
            raise NotFound("notices.notice", "There is no such notice, or it is not yours.")
        services.mark_read(person=person, notices=[get_notice(person, int(chosen)).pk])
    else:
        done = services.mark_read(person=person)
        text = ngettext("%(n)d notice is read.", "%(n)d notices are read.", done) % {"n": done}
        messages.success(request, text)
    unread = request.POST.get("show") == "unread"
    return redirect(reverse("notices:list") + ("?show=unread" if unread else ""))


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """By which way one is told of what, when the digest comes, and which hours are quiet."""
    person = person_of(request)
    row = delivery_of(person)

    def save() -> str:
        services.choose_delivery(person=person, chosen=_chosen(request))
        messages.success(request, _("From now on you are told like this."))
        return reverse("notices:preferences")

    return form_page(request, _page(row), save)


def _chosen(request: HttpRequest) -> services.Chosen:
    reader = Reader(request.POST)
    found = services.Chosen(
        ways={
            group.key: reader.choice(f"way_{group.key}", Way.values) or Way.AT_ONCE
            for group in groups()
        },
        digest=reader.choice("digest", Delivery.Digest.values),
        hour=reader.whole("hour", 0, LAST_HOUR, default=7),
        weekday=reader.whole("weekday", 0, 6, default=0),
        quiet_from=_hour(reader, request, "quiet_from"),
        quiet_until=_hour(reader, request, "quiet_until"),
    )
    reader.check("notices.preferences")
    return found


def _hour(reader: Reader, request: HttpRequest, name: str) -> int | None:
    if not request.POST.get(name, "").strip():
        return None
    return reader.whole(name, 0, LAST_HOUR)


def _page(row: Delivery) -> FormPage:
    ways = [
        Field(f"way_{group.key}", group.label, "select", True, group.hint, Way.choices, wide=True)
        for group in groups()
    ]
    none = [("", _("None"))]
    times = [
        Field("digest", _("Digest"), "select", True, options=Delivery.Digest.choices),
        Field("hour", _("At"), "select", True, options=HOURS),
        Field(
            "weekday",
            _("Day of the weekly one"),
            "select",
            True,
            options=[(str(key), label) for key, label in Delivery.Weekday.choices],
        ),
    ]
    quiet = [
        Field("quiet_from", _("Quiet from"), "select", options=[*none, *HOURS]),
        Field("quiet_until", _("Until"), "select", options=[*none, *HOURS]),
    ]
    initial = {f"way_{group.key}": way_of(row, group.key).value for group in groups()}
    initial |= {
        "digest": row.digest,
        "hour": str(row.hour),
        "weekday": str(row.weekday),
        "quiet_from": "" if row.quiet_from is None else str(row.quiet_from),
        "quiet_until": "" if row.quiet_until is None else str(row.quiet_until),
    }
    return FormPage(
        title=_("How you are told"),
        lead=_("Everything is told on the page “Notices”; here you choose what is mailed too."),
        crumbs=[(_("My account"), reverse("accounts:profile")), (_("How you are told"), "")],
        sections=[
            Section(_("By which way"), ways),
            Section(
                _("The digest"),
                times,
                note=_("One mail with all that goes into it, by the clock of the office."),
            ),
            Section(
                _("Quiet hours"),
                quiet,
                note=_("Nothing is mailed in them; what waits goes out at their end."),
            ),
        ],
        submit=_("Save"),
        cancel=reverse("accounts:profile"),
        initial=initial,
    )


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """Mails that were laid into the folder, the newest first."""
    person = person_of(request)
    pages = Paginator(mails_for(person), PAGE)
    page = pages.get_page(page_number(request.GET))
    context = {
        "rows": list(page.object_list),
        "page": page.number,
        "pages": pages.num_pages,
        "total": pages.count,
        "address": address_of(request),
        "everything": person.is_system_admin,
    }
    return render(request, "notices/outbox.html", context)


@require_GET
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as text."""
    mail = mail_for(person_of(request), name)
    context = {"mail": mail, "pieces": pieces_of(mail, site_of(request))}
    return render(request, "notices/outbox_mail.html", context)


@behind_a_link
def do(request: HttpRequest, token: str) -> HttpResponse:
    """Do one thing from a mail, without sign-in."""
    now = timezone.now()
    way = (reverse("notices:list"), _("Sign in and open “Notices”"))
    try:
        opened = acts.open_act(token, now)
    except (NotFound, NotAllowed) as error:
        return closed(request, error, way, now)
    refusal = too_often(request, f"act {opened.link.pk}", way, now)
    if refusal is not None:
        return refusal
    offer = opened.offer
    context: dict[str, object] = {
        "offer": offer,
        "person": opened.link.person,
        "until": opened.link.expires_at,
        "error": None,
        "done": "",
        "remark": "",
        "day": as_text(offer.day) if offer is not None else "",
    }
    status = 200
    if offer is None:
        status = BAD_LINK if request.method == "POST" else 200
    elif request.method == "POST":
        reader = Reader(request.POST)
        try:
            remark = reader.text("remark", MOST_REMARK)
            day = reader.day("day", required=True) if offer.day is not None else None
            if day is not None and day <= clock.today():
                reader.wrong("day", _("Choose a day to come."))
            reader.check("notices.do")
            opened.do(remark, day)
            context["done"] = offer.done
        except (Invalid, NotAllowed) as error:
            typed = {name: request.POST.get(name, "") for name in ("remark", "day")}
            context |= {"error": error, **typed}
            status = error.status
    return render(request, "notices/do.html", context, status=status)


@require_POST
def end_own_links(request: HttpRequest) -> HttpResponse:
    """End the links in mails to the signed-in person."""
    ended = acts.end_own_links(person_of(request))
    text = ngettext("%(n)d link is ended.", "%(n)d links are ended.", ended) % {"n": ended}
    messages.success(request, text)
    return redirect("notices:list")
