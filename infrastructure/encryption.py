"""Secrets that we must show to others again, at rest: sealed with a key that can be changed.

Keys are random, and are kept sealed with one that is made of the home's own. What others show to us
is kept as a hash instead (accounts.models.secrets).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import logging
import re
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils import timezone

from core import site_settings

logger = logging.getLogger(__name__)

# The number of a key before what it has sealed; without one, the home's own key has.
_NUMBERED = re.compile(r"(\d{1,9}):(.+)", re.DOTALL)

Keys = list[dict[str, Any]]


def encrypt(text: str, keys: Keys | None = None) -> str:
    """Make it unreadable for who has the database alone; an empty text stays empty."""
    if not text:
        return ""
    keys = site_settings.read(site_settings.SEALING_KEYS) if keys is None else keys
    if not keys:
        return _own().encrypt(text.encode()).decode()
    return f"{keys[-1]['id']}:{_box(keys[-1]).encrypt(text.encode()).decode()}"


def decrypt(sealed: str) -> str:
    """Give the text again; empty if it was sealed with a key that is gone."""
    if not sealed:
        return ""
    try:
        found = _NUMBERED.fullmatch(sealed)
        box = _own() if found is None else _box(_key(int(found[1])))
        return box.decrypt((found[2] if found else sealed).encode()).decode()
    except (InvalidToken, LookupError):
        logger.error("a secret was sealed with a key that is gone; it has to be entered again")
        return ""


def with_new_key(keys: Keys) -> Keys:
    """The same keys and a new one, with which everything is sealed from now on."""
    number = max((one["id"] for one in keys), default=0) + 1
    wrapped = _own().encrypt(Fernet.generate_key()).decode()
    return [*keys, {"id": number, "key": wrapped, "since": timezone.now().isoformat()}]


def _key(number: int) -> dict[str, Any]:
    # Another process may have made it a moment ago.
    for keys in (
        site_settings.read(site_settings.SEALING_KEYS),
        site_settings.stored(site_settings.SEALING_KEYS),
    ):
        for one in keys:
            if one["id"] == number:
                return dict(one)
    raise LookupError(number)


def _box(key: dict[str, Any]) -> Fernet:
    return Fernet(_own().decrypt(key["key"].encode()))


def _own() -> Fernet:
    return _made_of(settings.SECRET_KEY)


@functools.cache
def _made_of(key: str) -> Fernet:
    derived = hashlib.blake2b(key.encode(), digest_size=32, person=b"sealed secrets").digest()
    return Fernet(base64.urlsafe_b64encode(derived))
