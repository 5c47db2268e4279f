"""The settings of the whole site that live in rows: read here, with the environment as their seed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from core.models import SiteSetting

BASE_URL = "base_url"
DISPLAY_NAME = "display_name"
LONGEST_TOKEN_DAYS = "longest_token_days"
SSH_ENABLED = "ssh_enabled"
SSH_BASE_URL = "ssh_base_url"
SSH_ACCESS_KEYS_ENABLED = "ssh_access_keys_enabled"
SSH_KEY_RESTRICTIONS = "ssh_key_restrictions"
RATE_LIMIT_ENABLED = "rate_limit_enabled"
RATE_LIMIT_CAPACITY = "rate_limit_capacity"
RATE_LIMIT_FILL_RATE = "rate_limit_fill_rate"
AUDIT_DAYS = "audit_days"
LONGEST_SSH_KEY_DAYS = "longest_ssh_key_days"
BASIC_PASSWORDS_BLOCKED = "basic_passwords_blocked"
BASIC_ALLOWED_USERS = "basic_allowed_users"
BASIC_ALLOWED_PATHS = "basic_allowed_paths"
BASIC_WARNING_SHOWN = "basic_warning_shown"
PASSWORD_RULES_FOR_ADMINISTRATORS = "password_rules_for_administrators"
BANNER = "banner"
SEALING_KEYS = "sealing_keys"
DEFAULT_BRANCH = "default_branch"
ARCHIVE_POLICY = "archive_policy"
DELETE_POLICY = "delete_policy"
MAIL_SERVER = "mail_server"
MAIL_SENDER = "mail_sender"
CACHED_SECONDS = 30

_looked_up: ContextVar[dict[str, Any] | None] = ContextVar("site_settings", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Look up each setting at most once inside: a page of links asks for the base URL hundreds of times."""
    token = _looked_up.set({})
    try:
        yield
    finally:
        _looked_up.reset(token)


def read(name: str) -> Any:
    """Give the setting's value: the row, else what the environment says; cached for half a minute."""
    known = _looked_up.get()
    if known is not None and name in known:
        return known[name]
    key = f"site:{_last_write()}:{name}"
    value = cache.get_or_set(key, lambda: _stored_or_default(name), CACHED_SECONDS)
    # Whoever reads a list may change it: only what nobody can change is shared.
    if known is not None and isinstance(value, str | int):
        known[name] = value
    return value


def write(name: str, value: Any) -> None:
    """Store a setting; every process of this machine, and with Redis every node, sees it at once."""
    SiteSetting.objects.update_or_create(name=name, defaults={"value": value})
    transaction.on_commit(lambda: _forget(name))


def _forget(name: str) -> None:
    if (known := _looked_up.get()) is not None:
        known.pop(name, None)
    cache.delete(f"site:{_last_write()}:{name}")
    if not settings.REDIS_URL:
        # Each process has a cache of its own: the time of this file is part of their keys.
        _stamp().parent.mkdir(parents=True, exist_ok=True)
        _stamp().touch()
        now = time.time_ns()
        os.utime(_stamp(), ns=(now, now))


def _last_write() -> int:
    if settings.REDIS_URL:
        return 0
    try:
        return _stamp().stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _stamp() -> Path:
    return settings.CACHE_DIR / "site-settings-changed"


def _stored_or_default(name: str) -> Any:
    row = SiteSetting.objects.filter(name=name).first()
    return row.value if row else settings.SITE_DEFAULTS[name]


def stored(name: str) -> Any:
    """Give the setting's value as it is now, whatever is cached."""
    return _stored_or_default(name)
