"""Change settings of the site; each change publishes an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from accounts import access
from accounts.actor import Actor
from accounts.events import SiteSettingChanged
from accounts.permissions import Permission, Scope
from core import events, site_settings
from core.errors import Invalid

AUDIENCES = ("ALL", "AUTHENTICATED")
LONGEST_BANNER = 4000
MOST_EXCEPTIONS = 1000


def write(actor: Actor, wanted: Mapping[str, Any]) -> None:
    """Store what differs, and tell of it; None leaves a setting as it is."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    with transaction.atomic():
        for name, value in wanted.items():
            old = site_settings.read(name)
            if value is not None and value != old:
                site_settings.write(name, value)
                events.publish(SiteSettingChanged(actor=actor, name=name, old=old, new=value))


def change_server(
    actor: Actor, *, display_name: str | None = None, base_url: str | None = None
) -> None:
    """Say how this server is called, and under which address people reach it."""
    if display_name is not None and (
        not 0 < len(display_name.strip()) <= 100 or not display_name.isprintable()
    ):
        raise Invalid("Use 1 to 100 characters.", context="displayName")
    url = None if base_url is None else _judged_base_url(base_url)
    write(actor, {site_settings.DISPLAY_NAME: display_name, site_settings.BASE_URL: url})


def change_authentication(
    actor: Actor,
    *,
    blocks_passwords: bool | None = None,
    allowed_users: Sequence[str] | None = None,
    allowed_paths: Sequence[str] | None = None,
    shows_warning: bool | None = None,
    longest_token_days: int | None = None,
    administrators_follow_password_rules: bool | None = None,
) -> None:
    """Change whether REST and Git take passwords, how long tokens last, and which passwords administrators may set."""
    for name, values in (("allowed-users", allowed_users), ("allowed-paths", allowed_paths)):
        if values is not None and (
            len(values) > MOST_EXCEPTIONS or any(not 0 < len(one) <= 1000 for one in values)
        ):
            raise Invalid(
                f"At most {MOST_EXCEPTIONS} of at most 1000 characters are taken.", context=name
            )
    if allowed_paths is not None and any(not one.startswith("/") for one in allowed_paths):
        raise Invalid("A path begins with a slash.", context="allowed-paths")
    if longest_token_days is not None and not 0 <= longest_token_days <= 36_500:
        raise Invalid("Use a number of days, or 0 for no limit.", context="longestTokenDays")
    write(
        actor,
        {
            site_settings.BASIC_PASSWORDS_BLOCKED: blocks_passwords,
            site_settings.BASIC_ALLOWED_USERS: None
            if allowed_users is None
            else list(allowed_users),
            site_settings.BASIC_ALLOWED_PATHS: None
            if allowed_paths is None
            else list(allowed_paths),
            site_settings.BASIC_WARNING_SHOWN: shows_warning,
            site_settings.LONGEST_TOKEN_DAYS: longest_token_days,
            site_settings.PASSWORD_RULES_FOR_ADMINISTRATORS: administrators_follow_password_rules,
        },
    )


def set_banner(actor: Actor, *, message: str, audience: str, enabled: bool) -> None:
    """Set the banner, for all visitors or for signed-in users."""
    if audience not in AUDIENCES:
        raise Invalid(f"The audience must be one of {', '.join(AUDIENCES)}.", context="audience")
    if enabled and not message.strip():
        raise Invalid("A banner needs a message.", context="message")
    if len(message) > LONGEST_BANNER or "\0" in message:
        raise Invalid(f"Use at most {LONGEST_BANNER} characters.", context="message")
    banner = {"message": message, "audience": audience, "enabled": enabled}
    write(actor, {site_settings.BANNER: banner})


def delete_banner(actor: Actor) -> None:
    """Take the banner away."""
    write(actor, {site_settings.BANNER: {}})


def _judged_base_url(text: str) -> str:
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        fits = (
            parts.scheme in {"http", "https"}
            and parts.hostname
            and parts.port != 0
            and not parts.query
            and not parts.fragment
            and parts.username is None
        )
    except ValueError:
        fits = False
    if not fits or not text.isprintable() or " " in text or len(text) > 1000:
        raise Invalid("Use an address like https://git.example.com.", context="baseUrl")
    return text
