"""Names of machines as people write them, and as sockets and certificates take them. Pure."""

from __future__ import annotations

import ipaddress
import re

LONGEST = 253
# Underscores are in no name of the internet, but in those of containers.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII | re.IGNORECASE)


def in_ascii(host: str) -> str | None:
    """Give a name or an address in ASCII; None for what is neither.

    Letters of all alphabets become their `xn--` form. Signs that only look like ASCII, such as wide
    digits, are refused: one program would take them for what they look like, and another would not.
    """
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else None
        except ValueError:
            return None
    labels = [_label(label) for label in host.removesuffix(".").split(".")]
    known = [label for label in labels if label is not None]
    name = ".".join(known)
    return name if len(known) == len(labels) and len(name) <= LONGEST else None


def _label(text: str) -> str | None:
    if text.isascii():
        return text if _LABEL.fullmatch(text) else None
    try:
        encoded = text.encode("idna").decode()
    except UnicodeError:
        return None
    return encoded if encoded.startswith("xn--") else None
