# SPDX-License-Identifier: Apache-2.0
"""/account/: signing in and out, the own account."""

from django.urls import path

from pilothouse.foundation.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", views.sign_in_code, name="sign-in-code"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("profile/", views.profile, name="profile"),
    path("tokens/", views.create_token, name="token-create"),
    path("tokens/<int:token_id>/revoke/", views.revoke_token, name="token-revoke"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/device/", views.move_second_factor, name="second-factor-move"),
    path("sessions/<int:session_id>/end/", views.end_session, name="session-end"),
    path("sessions/end/", views.end_other_sessions, name="sessions-end"),
    path("password/", views.ChangePassword.as_view(), name="password-change"),
    path("reset/", views.ResetPassword.as_view(), name="password-reset"),
    path("reset/sent/", views.reset_sent, name="password-reset-sent"),
    path("reset/<uidb64>/<token>/", views.SetPassword.as_view(), name="password-set"),
]
