# SPDX-License-Identifier: Apache-2.0
"""Pages of signing in and of the own account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from pilothouse.foundation.accounts import services
from pilothouse.foundation.accounts.models import ApiToken
from pilothouse.foundation.accounts.web import person_of
from pilothouse.foundation.core.errors import Invalid, NotFound

TRIES = 8
WINDOW_SECONDS = 300


def _throttled(request: HttpRequest, email: str) -> bool:
    """Count a failed try per address of the account and of the client."""
    key = f"sign-in:{email.lower()[:254]}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, WINDOW_SECONDS)
    return bool(cache.incr(key) > TRIES)


class SignIn(views.LoginView):
    """Sign in with address and password; eight tries in five minutes."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"blocked": ""}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _throttled(request, request.POST.get("username", "")):
            form = AuthenticationForm(request)
            message = "Too many tries. Wait five minutes, or reset your password."
            return render(
                request,
                self.template_name,
                {"form": form, "blocked": gettext(message), "next": ""},
                status=429,
            )
        response = super().post(request, *args, **kwargs)
        if response.status_code == 200:
            response.status_code = 422
        return response


class ChangePassword(views.PasswordChangeView):
    """Needs the old password; ends all other sessions."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed; other sessions have ended.")
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class ResetPassword(views.PasswordResetView):
    """Same answer whether or not the address is known."""

    template_name = "accounts/reset.html"
    email_template_name = "accounts/reset_mail.txt"
    subject_template_name = "accounts/reset_subject.txt"
    success_url = reverse_lazy("accounts:password-reset-sent")


@method_decorator(login_not_required, name="dispatch")
class SetPassword(views.PasswordResetConfirmView):
    """One-time link from the mail."""

    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("accounts:sign-in")


@login_not_required
@require_GET
def reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_sent.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("accounts:sign-in")


def _profile(request: HttpRequest, status: int = 200, **extra: object) -> HttpResponse:
    person = person_of(request)
    context = {
        "person": person,
        "tokens": list(person.tokens.all()),
        "roles": list(person.role_assignments.valid_on(timezone.localdate())),
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
