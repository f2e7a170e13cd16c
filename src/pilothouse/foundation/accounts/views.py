# SPDX-License-Identifier: Apache-2.0
"""Pages of signing in and of the own account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.foundation.accounts import codes, services, throttle
from pilothouse.foundation.accounts.forms import ResetForm
from pilothouse.foundation.accounts.models import ApiToken, User, UserSession
from pilothouse.foundation.accounts.queries import askers_of, own_roles, second_factor_of
from pilothouse.foundation.accounts.web import (
    confirm,
    confirm_unless_fresh,
    finish_sign_in,
    is_fresh,
    person_of,
    session_key,
)
from pilothouse.foundation.core import clock, logs
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.core.pages import Field, FormPage, Section, form_page

form_page_only = method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
"""Django's form views take PUT for POST; no rule speaks of that."""

HALF = "ph_half"
"""Where a session of nobody keeps whose password was right while the code is asked."""

HALF_SECONDS = 300

NEW_SEED = "ph_new_seed"
"""Where a session keeps the seed that is shown before the second factor is on."""


@form_page_only
class SignIn(views.LoginView):
    """Sign in with address and password; ``throttle`` slows those who guess."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"blocked": ""}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        counters = throttle.sign_in_counters(
            request.POST.get("username", ""),
            request.META.get("REMOTE_ADDR", ""),
            request.COOKIES.get(throttle.DEVICE_COOKIE, ""),
        )
        if not throttle.count(counters, timezone.now()):
            logs.note("sign-in-throttled", client=request.META.get("REMOTE_ADDR", ""))
            form = AuthenticationForm(request)
            message = "Too many tries. Wait five minutes, or reset your password."
            context = {"form": form, "blocked": gettext(message), "next": ""}
            response = render(request, self.template_name, context, status=429)
            response["Retry-After"] = "300"
            return response
        response = super().post(request, *args, **kwargs)
        if response.status_code == 200:
            logs.note("sign-in-failed", client=request.META.get("REMOTE_ADDR", ""))
            response.status_code = 422
        elif request.user.is_authenticated:
            throttle.forgive(counters)
        return response

    # The stubs are those of the next Django, where it takes the request.
    def get_redirect_url(self) -> str:  # type: ignore[override]
        """Back to the page that asked; the front page leaves it to the welcome."""
        asked = super().get_redirect_url()
        return "" if asked == "/" else asked

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if second_factor_of(user.pk) is not None:
            return _ask_for_code(self.request, user, self.get_redirect_url())
        return _signed_in(self.request, user, redirect(self.get_success_url()))


def _signed_in(request: HttpRequest, user: User, response: HttpResponse) -> HttpResponse:
    """Finish the sign-in, and know the device again."""
    finish_sign_in(request, user)
    if not throttle.device_of(request.COOKIES.get(throttle.DEVICE_COOKIE, ""), user.email):
        response.set_cookie(
            throttle.DEVICE_COOKIE,
            throttle.device_cookie(user.email),
            max_age=throttle.DEVICE_DAYS * 86400,
            path=reverse("accounts:sign-in"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _ask_for_code(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """The password was right: keep whose it was, which is no session of that person yet."""
    request.session.flush()
    request.session[HALF] = {
        "who": user.pk,
        "seal": user.get_session_auth_hash(),
        "at": int(timezone.now().timestamp()),
        "next": target,
    }
    return redirect("accounts:sign-in-code")


def _half_signed_in(request: HttpRequest) -> tuple[User, str] | None:
    """Who gave the right password here in the last minutes, and where they want to go."""
    half = request.session.get(HALF)
    if half is None or timezone.now().timestamp() - half["at"] > HALF_SECONDS:
        return None
    user = User.objects.filter(pk=half["who"], is_active=True).first()
    if user is None or not constant_time_compare(half["seal"], user.get_session_auth_hash()):
        return None
    return user, half["next"]


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second page of signing in: a code of the clock, or a recovery code."""
    half = _half_signed_in(request)
    if half is None:
        return redirect("accounts:sign-in")
    if request.method != "POST":
        return render(request, "accounts/sign_in_code.html", {"error": ""})
    user, target = half
    now = timezone.now()
    client = request.META.get("REMOTE_ADDR", "")
    device = request.COOKIES.get(throttle.DEVICE_COOKIE, "")
    counters = throttle.code_counters(user.email, client, device)
    if not throttle.count(counters, now):
        logs.note("sign-in-throttled", who=user.pk, client=client)
        message = gettext("Too many tries. Wait a quarter of an hour, then sign in again.")
        context = {"error": message}
        response = render(request, "accounts/sign_in_code.html", context, status=429)
        response["Retry-After"] = "900"
        return response
    if not services.use_code(user=user, code=request.POST.get("code", ""), now=now):
        logs.note("sign-in-code-failed", who=user.pk, client=client)
        message = gettext("This code is wrong, used or too old. Wait for the next one.")
        return render(request, "accounts/sign_in_code.html", {"error": message}, status=422)
    del request.session[HALF]
    # The right password was a try of its own.
    throttle.forgive([*counters, *throttle.sign_in_counters(user.email, client, device)])
    return _signed_in(request, user, redirect(target or settings.LOGIN_REDIRECT_URL))


class _Refusing:
    """A form with mistakes comes back with the status of a refusal."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # of the view
        response.status_code = 422
        return response


@form_page_only
class ChangePassword(_Refusing, views.PasswordChangeView):
    """Needs the old password; ends all other sessions."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed; other sessions have ended.")
        response = super().form_valid(form)
        person = person_of(self.request)
        services.end_other_sessions(
            actor=person.actor(), user=person, keep=session_key(self.request)
        )
        return response


@method_decorator(login_not_required, name="dispatch")
@form_page_only
class ResetPassword(_Refusing, views.PasswordResetView):
    """Same answer whether or not the address is known."""

    template_name = "accounts/reset.html"
    email_template_name = "accounts/reset_mail.txt"
    subject_template_name = "accounts/reset_subject.txt"
    success_url = reverse_lazy("accounts:password-reset-sent")
    form_class = ResetForm

    def form_valid(self, form: Any) -> HttpResponse:
        client = self.request.META.get("REMOTE_ADDR", "")
        counters = throttle.reset_counters(form.cleaned_data["email"], client)
        if throttle.count(counters, timezone.now()):
            return super().form_valid(form)
        logs.note("reset-throttled", client=client)
        return redirect(str(self.success_url))


@method_decorator(login_not_required, name="dispatch")
@form_page_only
class SetPassword(_Refusing, views.PasswordResetConfirmView):
    """One-time link from the mail."""

    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("accounts:sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        services.end_other_sessions(actor=form.user.actor(), user=form.user, keep="")
        return response


@login_not_required
@require_GET
def reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_sent.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logs.note("sign-out", who=person_of(request).pk)
    logout(request)
    return redirect("accounts:sign-in")


def _profile(request: HttpRequest, status: int = 200, **extra: object) -> HttpResponse:
    person = person_of(request)
    context = {
        "person": person,
        "tokens": list(person.tokens.all()),
        "second_factor": second_factor_of(person.pk),
        "roles": own_roles(person.actor(), clock.today()),
        "sessions": list(person.sessions.open_at(timezone.now())),
        "this_key": session_key(request),
        "asks_password": not is_fresh(request),
        "error": None,
        "secret": "",
        **extra,
    }
    return render(request, "accounts/profile.html", context, status=status)


@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    return _profile(request)


@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    days = request.POST.get("days", "90")
    try:
        confirm_unless_fresh(request, request.POST.get("password", ""))
        token, secret = services.create_token(
            actor=person.actor(),
            user=person,
            name=request.POST.get("name", ""),
            may_write=request.POST.get("may_write") == "on",
            days=int(days) if days.isdecimal() and len(days) < 5 else 0,
        )
    except Invalid as error:
        return _profile(request, 422, error=error)
    return _profile(request, new_token=token, secret=secret)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    person = person_of(request)
    token = ApiToken.objects.filter(pk=token_id, user=person).first()
    if token is None:
        raise NotFound("accounts.token", "There is no such token.")
    services.revoke_token(actor=person.actor(), token=token)
    messages.success(request, gettext("The token is revoked."))
    return redirect("accounts:profile")


def _new_device(request: HttpRequest) -> dict[str, object]:
    """The key that a device is given, kept in the session until it shows a code of it."""
    seed = request.session.setdefault(NEW_SEED, codes.new_seed())
    link = codes.link(seed, person_of(request).email)
    key = codes.in_fours(codes.written_key(seed))
    return {"key": key, "link": link, "picture": codes.picture(link)}


def _second_factor(request: HttpRequest, status: int = 200, **extra: object) -> HttpResponse:
    person, day = person_of(request), clock.today()
    factor = second_factor_of(person.pk)
    asks = askers_of(person.pk, day)
    context: dict[str, object] = {
        "factor": factor,
        "asks": [asker.sentence(day) for asker in asks],
        "due": asks[0].since if asks and asks[0].since > day else None,
        "error": None,
        "codes": [],
        **({} if factor else _new_device(request)),
        **({"left": factor.recovery_codes.count()} if factor else {}),
        **extra,
    }
    return render(request, "accounts/second_factor.html", context, status=status)


def _typed_proof(request: HttpRequest) -> dict[str, str]:
    """Password and code of a form; a session that was taken over may not guess at them."""
    counters = [throttle.own_code_counter(person_of(request).email)]
    if not throttle.count(counters, timezone.now()):
        logs.note("second-factor-throttled", who=person_of(request).pk)
        message = "Too many tries. Wait a quarter of an hour, then try again."
        raise Invalid("accounts.proof_tries", message)
    return {
        "code": request.POST.get("code", ""),
        "password": request.POST.get("password", ""),
    }


def _spaced(made: list[str]) -> list[str]:
    return [codes.in_fours(code) for code in made]


def _device_is_in_use(request: HttpRequest) -> None:
    """The seed of the session is the person's now: this session goes on, the others end."""
    person = person_of(request)
    del request.session[NEW_SEED]
    update_session_auth_hash(request, person)
    services.end_other_sessions(actor=person.actor(), user=person, keep=session_key(request))
    # The page that answers is that of somebody who has one.
    person.standing = None


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Switch the second factor on or off, or make new recovery codes."""
    if request.method != "POST":
        return _second_factor(request)
    person = person_of(request)
    actor, now, wish = person.actor(), timezone.now(), request.POST.get("do", "on")
    try:
        proof = _typed_proof(request)
        if wish == "off":
            services.switch_off_second_factor(actor=actor, user=person, now=now, **proof)
            messages.success(request, gettext("The second factor is off."))
            return redirect("accounts:profile")
        if wish == "codes":
            made = services.renew_recovery_codes(actor=actor, user=person, now=now, **proof)
        else:
            seed = request.session.get(NEW_SEED, codes.new_seed())
            made = services.switch_on_second_factor(
                actor=actor, user=person, seed=seed, now=now, **proof
            )
            _device_is_in_use(request)
    except Invalid as error:
        return _second_factor(request, 422, error=error)
    throttle.forgive([throttle.own_code_counter(person.email)])
    return _second_factor(request, codes=_spaced(made))


@require_http_methods(["GET", "HEAD", "POST"])
def move_second_factor(request: HttpRequest) -> HttpResponse:
    """Let another device show the codes."""
    person = person_of(request)
    if second_factor_of(person.pk) is None:
        return redirect("accounts:second-factor")
    template = "accounts/second_factor_move.html"
    context: dict[str, object] = {**_new_device(request), "error": None, "codes": []}
    if request.method != "POST":
        return render(request, template, context)
    try:
        made = services.move_second_factor(
            actor=person.actor(),
            user=person,
            seed=request.session[NEW_SEED],
            new_code=request.POST.get("new_code", ""),
            now=timezone.now(),
            **_typed_proof(request),
        )
    except Invalid as error:
        return render(request, template, context | {"error": error}, status=422)
    _device_is_in_use(request)
    throttle.forgive([throttle.own_code_counter(person.email)])
    return render(request, template, context | {"codes": _spaced(made)})


@require_http_methods(["GET", "HEAD", "POST"])
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one other session of one's own, with the password."""
    person = person_of(request)
    others = person.sessions.open_at(timezone.now()).exclude(session_id=session_key(request))
    session = others.filter(pk=session_id).first()
    if session is None:
        raise NotFound("accounts.session", "There is no such session; it may have ended already.")
    row: UserSession = session
    begun = clock.local(row.begun_at)

    def end() -> None:
        services.end_session(actor=person.actor(), session=row)
        messages.success(request, gettext("The session is ended."))

    page = _end_page("End a session", f"{row}, signed in {begun:%H:%M} on {written(begun)}.")
    return _with_password(request, page, end)


@require_http_methods(["GET", "HEAD", "POST"])
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all sessions of one's own but this one, with the password."""
    person = person_of(request)

    def end() -> None:
        services.end_other_sessions(actor=person.actor(), user=person, keep=session_key(request))
        messages.success(request, gettext("All other sessions are ended."))

    page = _end_page("End all other sessions", "You stay signed in here.")
    return _with_password(request, page, end)


def _end_page(title: str, note: str) -> FormPage:
    password = Field(
        "password", "Your password", "password", True, attrs={"autocomplete": "current-password"}
    )
    back = reverse("accounts:profile")
    return FormPage(
        title=title,
        crumbs=[("My account", back), (title, "")],
        sections=[Section("", [password], note)],
        submit=title,
        cancel=back,
        danger=True,
    )


def _with_password(request: HttpRequest, page: FormPage, act: Callable[[], None]) -> HttpResponse:
    def save() -> str:
        confirm(request, request.POST.get("password", ""))
        act()
        return reverse("accounts:profile")

    return form_page(request, page, save)
