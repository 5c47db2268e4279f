"""Change how this server speaks SSH, and which keys it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from accounts import access, public_keys
from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from accounts.services import site_administration
from core import site_settings
from core.errors import Invalid

MOST_DAYS = 36_500


def change(
    actor: Actor,
    *,
    enabled: bool | None = None,
    access_keys_enabled: bool | None = None,
    base_url: str | None = None,
) -> None:
    """Switch SSH or access keys on and off, or say by which address it is reached; empty for the usual one."""
    site_administration.write(
        actor,
        {
            site_settings.SSH_ENABLED: enabled,
            site_settings.SSH_ACCESS_KEYS_ENABLED: access_keys_enabled,
            site_settings.SSH_BASE_URL: None if base_url is None else _judged_url(base_url),
        },
    )


def change_keys(
    actor: Actor,
    *,
    restrictions: Sequence[dict[str, Any]] | None = None,
    longest_days: int | None = None,
) -> None:
    """Say which kinds of keys are taken, how long they must be, and for how many days they are good (0: ever)."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    if longest_days is not None and not 0 <= longest_days <= MOST_DAYS:
        raise Invalid("Use a number of days, or 0 for no limit.", context="maxExpiryDays")
    rules = None if restrictions is None else [_judged_rule(rule) for rule in restrictions]
    site_administration.write(
        actor,
        {
            site_settings.SSH_KEY_RESTRICTIONS: rules,
            site_settings.LONGEST_SSH_KEY_DAYS: longest_days,
        },
    )


def _judged_rule(rule: dict[str, Any]) -> dict[str, Any]:
    algorithm = str(rule.get("algorithm", "")).upper()
    lengths = public_keys.LENGTHS.get(algorithm)
    if lengths is None:
        known = ", ".join(public_keys.LENGTHS)
        raise Invalid(f"The algorithm must be one of {known}.", context="keyTypeRestrictions")
    length = rule.get("minKeyLength") or lengths[0]
    if length not in lengths:
        allowed = ", ".join(map(str, lengths))
        raise Invalid(
            f"The minKeyLength of {algorithm} must be one of {allowed}.",
            context="keyTypeRestrictions",
        )
    return {
        "algorithm": algorithm,
        "allowed": rule.get("allowed") is not False,
        "minKeyLength": length,
    }


def _judged_url(text: str) -> str:
    text = text.strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        fits = parts.scheme == "ssh" and parts.hostname and not parts.path and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not text.isprintable() or " " in text:
        raise Invalid("Use an address like ssh://git.example.com:7999.", context="baseUrl")
    return text
