"""How the secrets that we issue look, and under which hash they are stored."""

from __future__ import annotations

from hashlib import sha256

# Recognisable, so that scanners find a secret that was committed by mistake.
APP_PASSWORD_MARK = "BBAP-"
ACCESS_TOKEN_MARK = "BBDC-"
OAUTH_ACCESS_MARK = "BBOA-"
OAUTH_REFRESH_MARK = "BBOR-"
PREFIX_LENGTH = 15
# What git sends as the user name with a token of a project or repository.
TOKEN_USER = "x-token-auth"


def prefix_of(text: str) -> str:
    """Give the beginning by which a secret is looked up."""
    return text[:PREFIX_LENGTH]


def digest_of(text: str) -> str:
    """Give the SHA-256 under which a secret is stored; secrets are long and random, so no slow hash is needed."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
