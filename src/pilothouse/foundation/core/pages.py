# SPDX-License-Identifier: Apache-2.0
"""What views share: form pages described as data and shown by one template, addresses, files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import cast
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed

Options = Sequence[tuple[str, str]]
Address = Callable[..., str]
"""This page with some of its query changed: ``address(page=3)``; what is empty is dropped."""


def site_of(request: HttpRequest) -> str:
    """The address of the installation, such as https://pmo.example.org, for links in mails."""
    return request.build_absolute_uri("/").rstrip("/")


def attachment(name: str, kind: str, body: bytes | str) -> HttpResponse:
    """A file to keep, never shown as a page; whatever its name holds stays inside the header."""
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


class Parts(StreamingHttpResponse):
    """An answer in parts that are made while it is sent, in the thread that made the first."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = iter(cast(Iterable[bytes], self.streaming_content))
        following = sync_to_async(lambda: next(parts, None))
        while (part := await following()) is not None:
            yield part


def streamed(name: str, kind: str, parts: Iterator[bytes]) -> Parts:
    """As ``attachment`` for a file that is too large to be held as a whole."""
    answer = Parts(parts, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


def address_of(request: HttpRequest) -> Address:
    """The address of the page that is asked for, to be changed; by itself its first page."""

    def address(**changes: object) -> str:
        values: dict[str, list[object]] = {name: [*of] for name, of in request.GET.lists()}
        values["page"] = []
        values |= {name: [value] for name, value in changes.items()}
        return "?" + urlencode([(name, one) for name in values for one in values[name] if one])

    return address


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled control; ``kind`` as in the component ``field``.

    A ``fixed`` one is only shown: whoever fills in the form may not change it.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    hint: str = ""
    options: Options = ()
    wide: bool = False
    attrs: Mapping[str, str] = field(default_factory=dict)
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together; a ``folded`` one opens on demand or when it has an error."""

    title: str
    fields: Sequence[Field]
    note: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence over a form; with an ``href`` a link that says ``link``, else to mend it there."""

    tone: str
    text: str
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page with one form. ``initial`` holds the saved values as text, by field."""

    title: str
    crumbs: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    submit: str
    cancel: str
    initial: Mapping[str, str] = field(default_factory=dict)
    lead: str = ""
    version: int | None = None
    notices: Sequence[Notice] = ()
    blocked: bool = False
    danger: bool = False

    @property
    def fields(self) -> list[Field]:
        return [item for section in self.sections for item in section.fields]

    @property
    def holds_file(self) -> bool:
        """Whether a file is sent with it."""
        return any(item.kind == "file" for item in self.fields)

    def answers(self, data: Mapping[str, str]) -> dict[str, str]:
        """What was sent, with the saved values of the fields that are fixed."""
        sent = {name: data[name] for name in data}
        return sent | {
            item.name: self.initial.get(item.name, "") for item in self.fields if item.fixed
        }


def as_text(value: object) -> str:
    """A saved value as its control shows it."""
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def form_page(request: HttpRequest, page: FormPage, save: Callable[[], str]) -> HttpResponse:
    """Show a form, or save it and go to the address that ``save`` gives.

    A refusal shows the form again with what was typed and the messages by field (422, or 403 where
    somebody else may give a field of the form this value). A stale
    version (409) keeps the input, shows beside each differing field what is saved now, and
    carries the new version, so that saving again is a decision and not an accident.
    """
    if request.method != "POST":
        return _show(request, page, dict(page.initial), None, 200)
    try:
        return redirect(save())
    except NotAllowed as error:
        offered = {item.name for item in page.fields if not item.fixed}
        if not error.fields or error.fields.keys() - offered:
            raise
        request.refusal = error.code  # type: ignore[attr-defined]
        return _show(request, page, _typed(request, page), error, error.status)
    except (Invalid, Conflict) as error:
        typed = _typed(request, page)
        if isinstance(error, Conflict):
            error.fields |= _differences(page, typed)
        else:
            known = {item.name for item in page.fields}
            loose = [text for name, text in error.fields.items() if name and name not in known]
            if loose and not any(text in error.message for text in loose):
                error.message = " ".join([error.message, *loose])
        return _show(request, page, typed, error, error.status)


def _typed(request: HttpRequest, page: FormPage) -> dict[str, str]:
    sent = page.answers(request.POST)
    return {item.name: sent.get(item.name, "").strip() for item in page.fields}


def _differences(page: FormPage, typed: Mapping[str, str]) -> dict[str, str]:
    return {
        item.name: saved_now(page.initial[item.name], item.kind, item.options)
        for item in page.fields
        if item.name in page.initial and typed[item.name] != page.initial[item.name]
    }


def saved_now(saved: str, kind: str = "text", options: Options = ()) -> str:
    """What stands beside a field whose saved value is not the one that was typed."""
    return f"Saved now: {in_words(saved, kind, options).rstrip('.') or 'nothing'}."


def in_words(
    saved: str,
    kind: str = "text",
    options: Options = (),
    attrs: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A saved value as it is read, not as its control holds it."""
    if kind == "checkbox":
        return "yes" if saved else "no"
    if kind == "date" and saved:
        return written(date.fromisoformat(saved))
    if attrs.get("inputmode") == "decimal" and saved:
        return f"{Decimal(saved):,}"
    return {str(key): text for key, text in options}.get(saved, saved)


def _show(
    request: HttpRequest,
    page: FormPage,
    values: Mapping[str, str],
    error: Invalid | Conflict | NotAllowed | None,
    status: int,
) -> HttpResponse:
    context = {"page": page, "values": values, "error": error}
    return render(request, "web/form.html", context, status=status)
