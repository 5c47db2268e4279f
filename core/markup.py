"""Markdown as safe HTML: rendered, then cleaned by an allow-list, always in this order.

A picture from elsewhere would tell its server who reads the page: it becomes a link.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from core import links

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


@dataclass(frozen=True)
class Manner:
    """How text becomes HTML, beside what Markdown says."""

    html: bool = True
    """Whether HTML in the text is HTML; else it is shown as it is written."""
    hardwrap: bool = False
    """Whether the end of a line ends it on the page too."""
    heading_ids: bool = True
    """Whether headings can be linked to."""


AS_FILE = Manner()


def render(text: str, link_to: LinkTo | None = None, manner: Manner = AS_FILE) -> str:
    """Give HTML that can stand in a page; `link_to(path, is_image)` says where relative links lead."""
    return finish(parse(text, manner), link_to, manner)


def parse(text: str, manner: Manner = AS_FILE) -> list[Token]:
    """Read Markdown; who wants to change what is shown does so before `finish`."""
    return _markdown(manner).parse(text[:MOST_CHARACTERS])


def finish(tokens: list[Token], link_to: LinkTo | None = None, manner: Manner = AS_FILE) -> str:
    """Give the HTML of what was read, cleaned."""
    if link_to is not None:
        _lead(tokens, link_to)
    _show_no_remote_pictures(tokens)
    markdown = _markdown(manner)
    html = markdown.renderer.render(tokens, markdown.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes={"a": {"user-mention"}},
        attribute_filter=_without_remote_pictures,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@functools.lru_cache(maxsize=8)
def _markdown(manner: Manner) -> MarkdownIt:
    options = {"html": manner.html, "breaks": manner.hardwrap}
    markdown = MarkdownIt("gfm-like", {**options, "linkify": True, "typographer": False})
    markdown.use(tasklists_plugin, label=True).use(footnote_plugin)
    if manner.heading_ids:
        markdown.use(anchors_plugin, max_level=4, permalink=False)
    return markdown


def is_remote(address: str) -> bool:
    """Whether a browser would ask another server for it."""
    # Browsers leave out line ends and tabs, and read \\ as /.
    plain = "".join(sign for sign in address if ord(sign) > 32).replace("\\", "/")
    own = links.base_url()
    if plain == own or plain.startswith(f"{own}/"):
        return False
    try:
        parts = urlsplit(plain)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc or plain.startswith("//"))


def _without_remote_pictures(tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "src" and is_remote(value) else value


def _show_no_remote_pictures(tokens: list[Token]) -> None:
    """Put a link in the place of each picture from elsewhere; within a link, its words."""
    for block in tokens:
        if block.children is None:
            continue
        shown: list[Token] = []
        links_open = 0
        for token in block.children:
            links_open += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            source = str(token.attrGet("src") or "")
            if token.type != "image" or not is_remote(source):
                shown.append(token)
                continue
            text = Token("text", "", 0, content=token.content or source)
            shown += [text] if links_open else link(source, text)
        block.children = shown


def link(address: str, text: Token, **attributes: str) -> list[Token]:
    """Give the tokens of a link."""
    opening = Token("link_open", "a", 1, attrs={"href": address, **attributes})
    return [opening, text, Token("link_close", "a", -1)]


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
