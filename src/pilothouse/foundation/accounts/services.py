# SPDX-License-Identifier: Apache-2.0
"""Accounts and tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from pilothouse.foundation.accounts import codes
from pilothouse.foundation.accounts.models import (
    ApiToken,
    IdempotentRequest,
    RecoveryCode,
    SecondFactor,
    User,
    UserSession,
)
from pilothouse.foundation.accounts.queries import (
    askers_of,
    require_second_factor,
    second_factor_of,
    standing_of_row,
    with_standing,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.services import lock, record


@transaction.atomic
def create_user(
    *,
    actor: Actor,
    email: str,
    full_name: str,
    password: str | None = None,
    job_title: str = "",
    is_system_admin: bool = False,
) -> User:
    """Open an account.

    Who: the system, a system administrator, or whom the calling service allowed.
    Raises: Invalid for a taken or malformed address or a weak password.
    """
    if is_system_admin and not (actor.is_system or actor.is_system_admin):
        raise NotAllowed(
            "accounts.admin", "Only a system administrator may make a system administrator."
        )
    address = email.strip().lower()
    if User.objects.filter(email__iexact=address).exists():
        message = f"There is already a person with the address {address}."
        raise Invalid("accounts.email_taken", message, fields={"email": message})
    user = User(
        email=address,
        full_name=full_name.strip(),
        job_title=job_title,
        is_system_admin=is_system_admin,
    )
    if password is None:
        user.set_unusable_password()
    else:
        try:
            validate_password(password, user)
        except ValidationError as error:
            message = " ".join(error.messages)
            raise Invalid("accounts.password", message, fields={"password": message}) from error
        user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        fields = {name: " ".join(messages) for name, messages in error.message_dict.items()}
        raise Invalid("accounts.invalid", " ".join(error.messages), fields=fields) from error
    user.save()
    record(
        actor=actor,
        action="user.create",
        obj=user,
        after={"email": user.email, "full_name": user.full_name},
    )
    return user


@transaction.atomic
def rename_user(*, actor: Actor, user: User, full_name: str, job_title: str) -> User:
    """Correct a name or a title. Who: a system administrator."""
    if not (actor.is_system or actor.is_system_admin):
        raise NotAllowed("accounts.admin", "Only a system administrator corrects names.")
    if not full_name.strip():
        raise Invalid("accounts.invalid", "A person has a name.", fields={"full_name": "Needed."})
    before = {"full_name": user.full_name, "job_title": user.job_title}
    user.full_name, user.job_title = full_name.strip(), job_title.strip()
    user.save(update_fields=["full_name", "job_title"])
    after = {"full_name": user.full_name, "job_title": user.job_title}
    record(actor=actor, action="user.update", obj=user, before=before, after=after)
    return user


@transaction.atomic
def send_invitation(*, actor: Actor, user: User, site: str) -> None:
    """Mail the one-time address where a person sets a first password.

    Who: whom the calling service allowed; it only ever goes to the person's own address.
    ``site`` is the address of the installation, such as https://pmo.example.org.
    """
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    context = {
        "name": user.full_name,
        "inviter": actor.label,
        "address": site + reverse("accounts:password-set", args=[uid, token]),
        "again": site + reverse("accounts:password-reset"),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    subject = render_to_string("accounts/invite_subject.txt", context).strip()
    body = render_to_string("accounts/invite_mail.txt", context)
    record(actor=actor, action="user.invite", obj=user)
    transaction.on_commit(lambda: send_mail(subject, body, None, [user.email]))


@transaction.atomic
def set_active(*, actor: Actor, user: User, active: bool, reason: str = "") -> User:
    """Disable or enable an account; disabling ends every session and token at once.

    Who: a system administrator, never about oneself.
    """
    if not (actor.is_system or actor.is_system_admin):
        raise NotAllowed("accounts.admin", "Only a system administrator may do this.")
    if actor.user_id == user.pk:
        raise NotAllowed("accounts.self", "Nobody may disable the account they are using.")
    if user.is_active != active:
        record(
            actor=actor,
            action="user.enable" if active else "user.disable",
            obj=user,
            before={"is_active": user.is_active},
            after={"is_active": active},
            reason=reason,
        )
        user.is_active = active
        user.save(update_fields=["is_active"])
        if not active:
            _end(user)
    return user


def begin_session(*, user: User, key: str, client: str, now: datetime) -> UserSession:
    """List a session for the person who has signed in with it. Who: the sign-in."""
    return UserSession.objects.create(
        user=user, session_id=key, begun_at=now, seen_at=now, client=client
    )


@transaction.atomic
def note_session(*, user: User, key: str, client: str, begun_at: datetime, now: datetime) -> None:
    """Note that a session is in use; one that is not listed yet is listed now."""
    if UserSession.objects.filter(session_id=key).update(seen_at=now):
        return
    # It may have been ended since it was read: only one that is there is listed.
    if Session.objects.select_for_update().filter(pk=key).exists():
        UserSession.objects.create(
            user=user, session_id=key, begun_at=begun_at, seen_at=now, client=client
        )


@transaction.atomic
def end_session(*, actor: Actor, session: UserSession) -> None:
    """End one session; its next request is asked to sign in. Who: its person."""
    if actor.user_id != session.user_id:
        raise NotAllowed("accounts.session_owner", "This is somebody else's session.")
    record(actor=actor, action="user.end_session", obj=session.user, after={"ended": str(session)})
    Session.objects.filter(pk=session.session_id).delete()


@transaction.atomic
def end_other_sessions(*, actor: Actor, user: User, keep: str) -> int:
    """End all sessions of a person but the one with this key. Who: the person themselves."""
    if actor.user_id != user.pk:
        raise NotAllowed("accounts.session_owner", "These are somebody else's sessions.")
    ended = _end(user, keep)
    record(actor=actor, action="user.end_sessions", obj=user, after={"ended": ended})
    return ended


@transaction.atomic
def end_all_sessions(*, actor: Actor, user: User, reason: str) -> int:
    """End every session of somebody; tokens stay. Who: a system administrator, about others."""
    if not (actor.is_system or actor.is_system_admin):
        raise NotAllowed("accounts.admin", "Only a system administrator may do this.")
    if actor.user_id == user.pk:
        raise NotAllowed("accounts.self", "End your own sessions on the page My account.")
    ended = _end(user)
    record(actor=actor, action="user.end_sessions", obj=user, after={"ended": ended}, reason=reason)
    return ended


def _end(user: User, keep: str = "") -> int:
    rows = Session.objects.filter(listed__user=user).exclude(pk=keep)
    return rows.delete()[1].get("sessions.Session", 0)


def tidy_sessions(now: datetime) -> int:
    """Remove the sessions that are over by idleness or age."""
    over = UserSession.objects.over_at(now).values("session_id")
    return Session.objects.filter(pk__in=over).delete()[1].get("sessions.Session", 0)


@transaction.atomic
def create_token(
    *, actor: Actor, user: User, name: str, may_write: bool, days: int = 90
) -> tuple[ApiToken, str]:
    """Make a personal token; the secret is returned once and never kept.

    Who: the person themselves, signed in with a password; with a second factor where it is a must.
    """
    if actor.user_id != user.pk or actor.channel == "api":
        raise NotAllowed(
            "accounts.token_owner", "A token can only be made by its owner in the web."
        )
    require_second_factor(user)
    if not 1 <= days <= 366:
        raise Invalid(
            "accounts.token_days", "A token lives 1 to 366 days.", fields={"days": "1–366"}
        )
    if not name.strip():
        raise Invalid(
            "accounts.token_name", "Name the token after its use.", fields={"name": "Needed."}
        )
    secret = "ph_" + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:80],
        prefix=secret[:8],
        digest=token_digest(secret),
        may_write=may_write,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record(actor=actor, action="token.create", obj=token, after={"may_write": may_write})
    return token, secret


@transaction.atomic
def revoke_token(*, actor: Actor, token: ApiToken) -> None:
    """End a token at once. Who: its owner or a system administrator."""
    if actor.user_id != token.user_id and not actor.is_system_admin:
        raise NotAllowed("accounts.token_owner", "This is somebody else's token.")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(actor=actor, action="token.revoke", obj=token)


def token_digest(secret: str) -> str:
    """SHA-256 of a token; the secret has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user_of_token(secret: str, now: datetime) -> tuple[User, ApiToken] | None:
    """The live token with this secret and its active owner, or None.

    How the owner stands with the second factor is read with it; who lets in asks for that.
    """
    day = clock.day_of(now)
    rows = ApiToken.objects.select_related("user")
    token = (
        with_standing(rows, "user_id", day)
        .filter(digest=token_digest(secret), revoked_at=None, expires_at__gt=now)
        .first()
    )
    if token is None or not token.user.is_active:
        return None
    token.user.standing = standing_of_row(token, day)
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=5):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user, token


@transaction.atomic
def switch_on_second_factor(
    *, actor: Actor, user: User, seed: str, code: str, password: str, now: datetime
) -> list[str]:
    """Ask for a code at each sign-in from now on; the recovery codes are returned once.

    Who: the person themselves, in the web. Ends the person's other sessions.
    Raises: Invalid for a wrong password or a code that does not belong to ``seed``.
    """
    _require_self(actor, user)
    row = lock(User.objects.all(), user.pk)
    if second_factor_of(row.pk) is not None:
        raise Invalid("accounts.second_factor_on", "The second factor is on already.")
    step = codes.step_of(codes.typed(code), codes.key_of(seed), now)
    _refuse_unproved(password_right=row.check_password(password), code_right=step is not None)
    factor = SecondFactor.objects.create(user=row, seed=seed, last_step=step or 0)
    # Sessions hang on the stored password: the same one stored anew ends them.
    user.set_password(password)
    user.save(update_fields=["password"])
    record(actor=actor, action="user.second_factor_on", obj=user)
    return _new_recovery_codes(factor)


@transaction.atomic
def renew_recovery_codes(
    *, actor: Actor, user: User, code: str, password: str, now: datetime
) -> list[str]:
    """Void the recovery codes and return ten others, once. Who: the person, in the web."""
    factor = _proved_factor(actor, user, code, password, now)
    record(actor=actor, action="user.recovery_codes", obj=user)
    return _new_recovery_codes(factor)


@transaction.atomic
def move_second_factor(
    *,
    actor: Actor,
    user: User,
    seed: str,
    new_code: str,
    code: str,
    password: str,
    now: datetime,
) -> list[str]:
    """Let another device show the codes; ten other recovery codes are returned, once.

    Who: the person, in the web, with the password, a code of the old device or a recovery code,
    and one of the new device. Ends the person's other sessions.
    Raises: Invalid, and the old device goes on showing codes.
    """
    step = codes.step_of(codes.typed(new_code), codes.key_of(seed), now)
    if step is None:
        _require_self(actor, user)
        message = "This is no code that the new device shows now. Wait for the next one."
        raise Invalid(
            "accounts.proof", "Nothing is changed; see below.", fields={"new_code": message}
        )
    factor = _proved_factor(actor, user, code, password, now)
    factor.seed, factor.last_step = seed, step
    factor.save(update_fields=["seed", "last_step"])
    user.set_password(password)
    user.save(update_fields=["password"])
    record(actor=actor, action="user.second_factor_moved", obj=user)
    return _new_recovery_codes(factor)


@transaction.atomic
def switch_off_second_factor(
    *, actor: Actor, user: User, code: str, password: str, now: datetime
) -> None:
    """Let the password alone do again.

    Who: the person, in the web, with password and code, unless somebody asks them for one.
    """
    _require_self(actor, user)
    day = clock.day_of(now)
    if asks := askers_of(user.pk, day):
        raise Invalid(
            "accounts.second_factor_must",
            " ".join(asker.sentence(day) for asker in asks) + " It stays on; for a new device, "
            "move it there.",
        )
    factor = _proved_factor(actor, user, code, password, now)
    record(actor=actor, action="user.second_factor_off", obj=user)
    factor.delete()


@transaction.atomic
def remove_second_factor(*, actor: Actor, user: User, reason: str) -> None:
    """Take it off somebody who lost it; they are told by mail.

    Where a rule asks for one, the next sign-in leads to setting it up anew.
    Who: a system administrator, never about oneself.
    """
    if not (actor.is_system or actor.is_system_admin):
        raise NotAllowed("accounts.admin", "Only a system administrator may do this.")
    if actor.user_id == user.pk:
        raise NotAllowed(
            "accounts.self", "Switch off your own second factor on the page of your account."
        )
    if not reason.strip():
        raise Invalid("accounts.reason", "Say why it is taken off.", fields={"reason": "Say why."})
    factor = second_factor_of(user.pk)
    if factor is None:
        raise NotFound("accounts.no_second_factor", "This person has no second factor.")
    record(actor=actor, action="user.second_factor_removed", obj=user, reason=reason.strip())
    factor.delete()
    context = {
        "name": user.full_name,
        "by": actor.label,
        "must": bool(askers_of(user.pk, clock.today())),
    }
    subject = render_to_string("accounts/factor_removed_subject.txt", context).strip()
    body = render_to_string("accounts/factor_removed_mail.txt", context)
    transaction.on_commit(lambda: send_mail(subject, body, None, [user.email]))


@transaction.atomic
def use_code(*, user: User, code: str, now: datetime) -> bool:
    """Whether a code of the clock or a recovery code is right; either works once.

    Who: whoever has proved the password of this account.
    """
    factor = second_factor_of(user.pk)
    if factor is None:
        return False
    text = codes.typed(code)
    step = codes.step_of(text, codes.key_of(factor.seed), now)
    if step is not None:
        rows = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
        return rows.update(last_step=step) == 1
    used, _ = factor.recovery_codes.filter(digest=codes.recovery_digest(text)).delete()
    if used:
        left = {"left": factor.recovery_codes.count()}
        record(actor=user.actor(), action="user.recovery_code_used", obj=user, after=left)
    return used == 1


def _require_self(actor: Actor, user: User) -> None:
    if actor.user_id != user.pk or actor.channel != "web":
        raise NotAllowed(
            "accounts.second_factor_owner", "Only the person may change this, on a page."
        )


def _proved_factor(
    actor: Actor, user: User, code: str, password: str, now: datetime
) -> SecondFactor:
    _require_self(actor, user)
    factor = second_factor_of(user.pk)
    if factor is None:
        raise Invalid("accounts.second_factor_off", "The second factor is off; switch it on first.")
    # A wrong password uses up no code.
    right = user.check_password(password)
    _refuse_unproved(
        password_right=right, code_right=not right or use_code(user=user, code=code, now=now)
    )
    return factor


def _refuse_unproved(*, password_right: bool, code_right: bool) -> None:
    says = [
        ("password", password_right, "This is not your password."),
        ("code", code_right, "This code is wrong, used or too old. Wait for the next one."),
    ]
    fields = {name: text for name, right, text in says if not right}
    if fields:
        raise Invalid("accounts.proof", "Nothing is changed; see below.", fields=fields)


def _new_recovery_codes(factor: SecondFactor) -> list[str]:
    made = [codes.new_recovery_code() for _ in range(codes.RECOVERY_CODES)]
    factor.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=codes.recovery_digest(code)) for code in made
    )
    return made


@transaction.atomic
def set_preference(*, actor: Actor, name: str, value: object) -> None:
    """Keep a display choice of the acting person (columns, theme); not audited."""
    user = User.objects.select_for_update().get(pk=actor.user_id or 0)
    user.preferences[name] = value
    user.save(update_fields=["preferences"])


KEPT_FOR = timedelta(days=1)


def claim_request(*, actor: Actor, key: str, digest: str, now: datetime) -> IdempotentRequest:
    """The row of this person's request with this key; ``status`` 0 means it is new.

    Must be called in the transaction of what the request creates, so that both stay or neither.
    Keys are kept for a day. Raises: Invalid where the key stands for another request already,
    Conflict while that one is still running.
    """
    if actor.user_id is None:
        raise NotAllowed("accounts.key_owner", "Only a person's request carries a key.")
    rows = IdempotentRequest.objects.filter(user_id=actor.user_id)
    rows.filter(created_at__lt=now - KEPT_FOR).delete()
    row = rows.filter(key=key).first()
    if row is None:
        try:
            with transaction.atomic():
                return IdempotentRequest.objects.create(
                    user_id=actor.user_id, key=key, digest=digest
                )
        except IntegrityError:
            raise Conflict(
                "accounts.key_in_use", "A request with this key is running; ask again in a moment."
            ) from None
    if row.digest != digest:
        message = "This key was used for another request; make a new key for a new request."
        raise Invalid("accounts.key_reused", message, fields={"Idempotency-Key": message})
    return row


def settle_request(row: IdempotentRequest, *, status: int, body: str, etag: str) -> None:
    """Keep the answer of a request that was claimed."""
    row.status, row.body, row.etag = status, body, etag
    row.save(update_fields=["status", "body", "etag"])
