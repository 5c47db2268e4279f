"""Routes of sign-in and the own account."""

from django.urls import path

from web.account.views import (
    notifications,
    oauth,
    own_profile,
    preferences,
    profiles,
    secrets,
    sessions,
    sign_in,
    ssh_keys,
)

urlpatterns = [
    path("login", sign_in.login, name="login"),
    path("j_atl_security_check", sign_in.check, name="check"),
    path("j_atl_security_logout", sign_in.logout, name="logout"),
    path("-/theme", preferences.theme, name="theme"),
    path("-/keyboard", preferences.keyboard, name="keyboard"),
    path("-/wrap", preferences.wrap, name="wrap"),
    path("-/sidebar", preferences.sidebar, name="sidebar"),
    path("-/clone-way", preferences.clone_way, name="clone-way"),
    path("account", own_profile.own_profile, name="account"),
    path("account/app-passwords", secrets.app_passwords, name="app-passwords"),
    path("account/access-tokens", secrets.access_tokens, name="access-tokens"),
    # The address of Bitbucket's own page of tokens.
    path("plugins/servlet/access-tokens/manage", secrets.access_tokens),
    path("account/sessions", sessions.own_sessions, name="sessions"),
    path("account/ssh-keys", ssh_keys.own_keys, name="ssh-keys"),
    path("plugins/servlet/ssh/account/keys", ssh_keys.own_keys),
    path("account/authorised-applications", oauth.authorised, name="authorised-applications"),
    path("account/notifications", notifications.preferences, name="notifications"),
    path("unsubscribe/<str:token>", notifications.unsubscribe),
    path("account/password", profiles.password, name="own-password"),
    path("users/<str:slug>", profiles.profile, name="profile"),
    path("users/<str:slug>/avatar.png", profiles.avatar, name="avatar"),
]
