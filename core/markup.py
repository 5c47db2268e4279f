"""Markdown as safe HTML: rendered, then cleaned by an allow-list, always in this order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

MOST_CHARACTERS = 300_000

_TAGS = nh3.ALLOWED_TAGS | {"input", "label", "section"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "input": {"type", "checked", "disabled"},
    **{tag: {"id"} for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "li", "section")},
    "a": {"href", "title", "id"},
    "code": {"class"},
    "td": {"align"},
    "th": {"align"},
}

# What may stand in one line above every page.
_LINE_TAGS = {"a", "b", "code", "em", "i", "s", "strong"}

LinkTo = Callable[[str, bool], str]


def render(text: str, link_to: LinkTo | None = None) -> str:
    """Give HTML that can stand in a page; `link_to(path, is_image)` says where relative links lead."""
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": True, "typographer": False})
    markdown.use(tasklists_plugin, label=True).use(footnote_plugin)
    markdown.use(anchors_plugin, max_level=4, permalink=False)
    tokens = markdown.parse(text[:MOST_CHARACTERS])
    if link_to is not None:
        _lead(tokens, link_to)
    html = markdown.renderer.render(tokens, markdown.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@functools.lru_cache(maxsize=8)
def render_line(text: str) -> str:
    """Give HTML of a sentence: emphasis, code and links, nothing else."""
    html = MarkdownIt("gfm-like", {"html": False, "linkify": True}).renderInline(text)
    return nh3.clean(
        html,
        tags=_LINE_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _lead(tokens: list[Token], link_to: LinkTo) -> None:
    waiting = list(tokens)
    while waiting:
        token = waiting.pop()
        waiting.extend(token.children or [])
        name = {"link_open": "href", "image": "src"}.get(token.type)
        if name is None:
            continue
        target = str(token.attrGet(name) or "")
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and parts.path:
            fragment = f"#{parts.fragment}" if parts.fragment else ""
            token.attrSet(name, link_to(parts.path, token.type == "image") + fragment)
