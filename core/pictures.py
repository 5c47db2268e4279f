"""Pictures for who has none: initials on a colour that belongs to the name. No request leaves for them."""

from __future__ import annotations

from hashlib import sha256
from xml.sax.saxutils import escape

# Dark enough for white letters (WCAG AA).
_COLOURS = ("#0c5bc4", "#5b3fb5", "#92217f", "#b02a37", "#8a4b08", "#1f6b3a", "#0b6477", "#4b5563")


def initials(name: str, identity: str) -> bytes:
    """Draw an SVG with at most two letters of the name; the colour follows the identity."""
    words = [word for word in name.split() if word[:1].isalnum()] or [name or "?"]
    letters = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1]))
    colour = _COLOURS[sha256(identity.encode("utf-8", "replace")).digest()[0] % len(_COLOURS)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        f'<rect width="64" height="64" fill="{colour}"/>'
        '<text x="32" y="33" fill="#fff" font-family="system-ui,sans-serif" font-size="26" '
        'font-weight="600" text-anchor="middle" dominant-baseline="central">'
        f"{escape(letters.upper())}</text></svg>"
    ).encode("utf-8", "replace")
