"""Secrets that we must show to others again, at rest: sealed with a key made of the home's own.

What others show to us is kept as a hash instead (accounts.models.secrets).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import logging

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

logger = logging.getLogger(__name__)


def seal(text: str) -> str:
    """Make it unreadable for who has the database alone; an empty text stays empty."""
    return _box(settings.SECRET_KEY).encrypt(text.encode()).decode() if text else ""


def open_(sealed: str) -> str:
    """Give the text again; empty if it was sealed with another key."""
    if not sealed:
        return ""
    try:
        return _box(settings.SECRET_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken:
        logger.error("a secret was sealed with another SECRET_KEY; it has to be entered again")
        return ""


@functools.cache
def _box(key: str) -> Fernet:
    derived = hashlib.blake2b(key.encode(), digest_size=32, person=b"sealed secrets").digest()
    return Fernet(base64.urlsafe_b64encode(derived))
