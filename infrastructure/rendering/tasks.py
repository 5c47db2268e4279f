"""What a rendering process can be asked for, by name; arguments and answers are JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infrastructure.rendering import highlight, markdown


def render_markdown(text: str, manner: dict[str, Any], surroundings: dict[str, Any]) -> str:
    """Give a text in Markdown as HTML; the arguments are those of `markdown.render` as JSON."""
    links = surroundings.pop("file_links")
    return markdown.render(
        text,
        markdown.MarkdownOptions(**manner),
        markdown.LinkContext(
            file_links=None if links is None else markdown.FileLinks(**links), **surroundings
        ),
    )


TASKS: dict[str, Callable[..., Any]] = {
    "markdown": render_markdown,
    "highlighted lines": highlight.lines,
    "highlighted pieces": highlight.pieces,
}
