# SPDX-License-Identifier: Apache-2.0
"""Pages of signing in and of the own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.foundation.accounts import services, throttle
from pilothouse.foundation.accounts.forms import ResetForm
from pilothouse.foundation.accounts.models import ApiToken
from pilothouse.foundation.accounts.web import SESSION_STARTED, person_of
from pilothouse.foundation.core import clock, logs
from pilothouse.foundation.core.errors import Invalid, NotFound

form_page_only = method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
"""Django's form views take PUT for POST; no rule speaks of that."""


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
        else:
            throttle.forgive(counters)
        return response

    # The stubs are those of the next Django, where it takes the request.
    def get_redirect_url(self) -> str:  # type: ignore[override]
        """Back to the page that asked; the front page leaves it to the welcome."""
        asked = super().get_redirect_url()
        return "" if asked == "/" else asked

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        request, user = self.request, person_of(self.request)
        request.session[SESSION_STARTED] = int(timezone.now().timestamp())
        logs.note("sign-in", who=user.pk, client=request.META.get("REMOTE_ADDR", ""))
        if not throttle.device_of(request.COOKIES.get(throttle.DEVICE_COOKIE, ""), user.email):
            response.set_cookie(
                throttle.DEVICE_COOKIE,
                throttle.device_cookie(user.email),
                max_age=throttle.DEVICE_DAYS * 86400,
                path=request.path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


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
        return super().form_valid(form)


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
        "roles": list(person.role_assignments.valid_on(clock.today())),
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
