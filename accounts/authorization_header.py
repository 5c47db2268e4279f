"""Reads the Authorization header: Basic (RFC 7617) and Bearer (RFC 6750), into one value per kind of secret."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from accounts.errors import WrongPassword
from accounts.token_format import ACCESS_TOKEN_MARK, APP_PASSWORD_MARK, OAUTH_ACCESS_MARK


@dataclass(frozen=True, slots=True)
class Password:
    """A name and a password that a person chose: what can be guessed."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """An app password or HTTP access token; `name` is None when it came as Bearer."""

    text: str
    name: str | None = None

    @property
    def is_app_password(self) -> bool:
        """Whether it claims to be an app password."""
        return self.text.startswith(APP_PASSWORD_MARK)


@dataclass(frozen=True, slots=True)
class OAuthToken:
    """An OAuth access token, as Bearer or as the password of any name."""

    text: str


Credentials = Password | Token | OAuthToken


def read(header: str) -> Credentials | None:
    """Read a header; None for an empty one. Raises WrongPassword for one that cannot be read."""
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        text = value.strip()
        return OAuthToken(text) if text.startswith(OAUTH_ACCESS_MARK) else Token(text)
    if scheme.lower() != "basic":
        raise WrongPassword
    name, password = _name_and_password(value)
    if password.startswith(OAUTH_ACCESS_MARK):
        # Git's helpers send it under many names: the owner's, `x-token-auth`, `oauth2`.
        return OAuthToken(password)
    if password.startswith((APP_PASSWORD_MARK, ACCESS_TOKEN_MARK)):
        return Token(password, name)
    return Password(name, password)


def _name_and_password(encoded: str) -> tuple[str, str]:
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise WrongPassword from None
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        # Old clients and browsers send Latin-1, in which every byte is a character.
        decoded = raw.decode("latin-1")
    name, colon, password = decoded.partition(":")
    if not colon or not name or "\x00" in decoded:
        raise WrongPassword
    return name, password
