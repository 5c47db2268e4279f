"""Markdown as safe HTML; what is too complex to be rendered is shown as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from core import links
from infrastructure.rendering import client
from infrastructure.rendering.client import MOST_CHARACTERS_OF_MARKDOWN as MOST_CHARACTERS
from infrastructure.rendering.markdown import (
    AS_FILE,
    FileLinks,
    LinkContext,
    MarkdownOptions,
    render_line,
)

__all__ = ["AS_FILE", "MOST_CHARACTERS", "FileLinks", "MarkdownOptions", "render", "render_line"]

TOO_COMPLEX = "This text is too complex to be formatted. It is shown as plain text."


def render(
    text: str,
    manner: MarkdownOptions = AS_FILE,
    *,
    file_links: FileLinks | None = None,
    mentions: Mapping[str, tuple[str, str]] | None = None,
    emoticons: Mapping[str, str] | None = None,
    targets: Mapping[str, str] | None = None,
) -> str:
    """Render Markdown as safe HTML; the other arguments are those of `LinkContext`."""
    surroundings = LinkContext(
        links.base_url(),
        file_links,
        dict(mentions or {}),
        dict(emoticons or {}),
        dict(targets or {}),
    )
    html = client.markdown(text, manner, surroundings)
    if html is not None:
        return html
    # The same element that Markdown's own blocks of code have: themes and mail know it.
    return (
        f"<p><em>{TOO_COMPLEX}</em></p>\n<pre><code>{escape(text[:MOST_CHARACTERS])}</code></pre>"
    )
