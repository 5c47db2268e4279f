"""Markdown as safe HTML: rendered, then cleaned by an allow-list, always in this order; pure functions.

A picture from elsewhere would tell its server who reads the page: it becomes a link. Whatever depends
on who and what exists here (people, attachments, addresses) is looked up before, and stands in
`Surroundings`.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token
from mdit_py_plugins.anchors.index import slugify
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

DEEPEST_HEADING_ID = 4
DRAWING = ".svg"
# Of one text and of one paragraph: the time that the libraries take grows with the square of these.
MOST_TASKS = 1_000
MOST_ADDRESSES = 500
LONGEST_RUN_OF_TEXT = 2_000

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

# `@name`, `@"name with spaces"` and `:emoticon:`.
SIGN = re.compile(
    r"(?<![\w@/.:])@(?:\"(?P<quoted>[^\"\n]{1,255})\"|(?P<name>\w(?:[\w.+-]{0,253}\w)?))"
    r"|:(?P<emoticon>[a-z0-9_+-]{1,40}):"
)


@dataclass(frozen=True)
class MarkdownOptions:
    """How text becomes HTML, beside what Markdown says."""

    html: bool = True
    """Whether HTML in the text is HTML; else it is shown as it is written."""
    hardwrap: bool = False
    """Whether the end of a line ends it on the page too."""
    heading_ids: bool = True
    """Whether headings can be linked to."""


AS_FILE = MarkdownOptions()


@dataclass(frozen=True)
class FileLinks:
    """Where relative links of a file lead: the pages of its repository at one revision."""

    repository: str
    """The path of the repository's pages, without a slash at its end."""
    folder: str
    """The folder of the file, empty at the root."""
    query: str
    """The encoded query that names the revision, or nothing."""

    def address(self, target: str, *, is_image: bool) -> str:
        """Give the address of a page, or of a picture's content."""
        start = "" if target.startswith("/") else self.folder
        path = posixpath.normpath(posixpath.join("/", start, target.lstrip("/"))).lstrip("/")
        preview = "preview=1" if is_image and path.lower().endswith(DRAWING) else ""
        query = "&".join(part for part in (self.query, preview) if part)
        page = "raw" if is_image else "browse"
        inside = f"/{quote(path, safe='/~', errors='surrogateescape')}" if path else ""
        return f"{self.repository}/{page}{inside}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class LinkContext:
    """What a text may refer to."""

    base_url: str
    """The address of this server, no slash at its end."""
    file_links: FileLinks | None = None
    mentions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name in small letters -> address and display name of the person."""
    emoticons: dict[str, str] = field(default_factory=dict)
    """Shortcut -> sign."""
    targets: dict[str, str] = field(default_factory=dict)
    """What a link or picture names -> the address that is meant, such as of an attachment."""


def render(text: str, manner: MarkdownOptions, surroundings: LinkContext) -> str:
    """Return safe HTML."""
    has_tasks = text.count("[ ]") + text.lower().count("[x]") <= MOST_TASKS
    markdown = _markdown(manner, has_tasks)
    tokens = markdown.parse(text)
    for token in tokens:
        if token.children:
            if surroundings.mentions or surroundings.emoticons:
                token.children = list(_with_signs(token.children, surroundings))
            for child in token.children:
                _lead(child, surroundings)
    _show_no_remote_pictures(tokens, surroundings.base_url)
    return nh3.clean(
        markdown.renderer.render(tokens, markdown.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes={"a": {"user-mention"}},
        attribute_filter=functools.partial(_without_remote_pictures, surroundings.base_url),
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


class _Linkifier(LinkifyIt):
    """Finds addresses in text, except where there are so many in one paragraph that it takes seconds."""

    def pretest(self, text: str) -> bool:
        return text.count("://") <= MOST_ADDRESSES and bool(super().pretest(text))


def _linkify_inline(state: StateInline, silent: bool) -> bool:
    """Find an address while a paragraph is read; in long runs of text it is left to the rule that comes after."""
    # The rule looks through all text since the last mark, each time.
    return len(state.pending) <= LONGEST_RUN_OF_TEXT and linkify(state, silent)


@functools.lru_cache(maxsize=16)
def _markdown(manner: MarkdownOptions, has_tasks: bool) -> MarkdownIt:
    options = {"html": manner.html, "breaks": manner.hardwrap}
    markdown = MarkdownIt("gfm-like", {**options, "linkify": True, "typographer": False})
    markdown.linkify = _Linkifier()
    markdown.inline.ruler.at("linkify", _linkify_inline)
    markdown.use(footnote_plugin)
    if has_tasks:
        markdown.use(tasklists_plugin, label=True)
    if manner.heading_ids:
        markdown.core.ruler.push("heading_ids", _give_heading_ids)
    return markdown


def _give_heading_ids(state: StateCore) -> None:
    """Give each heading an id of its own, from its text: a second one of the same text ends with -1."""
    # The plug-in for this tries every number again for each heading of the same text.
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if opening.type != "heading_open" or int(opening.tag[1]) > DEEPEST_HEADING_ID:
            continue
        title = "".join(
            child.content
            for child in inline.children or []
            if child.type in ("text", "code_inline")
        )
        slug = unique = slugify(title)
        while unique in taken:
            seen[slug] += 1
            unique = f"{slug}-{seen[slug]}"
        taken.add(unique)
        opening.attrSet("id", unique)


def is_remote(address: str, base_url: str) -> bool:
    """Whether a browser would ask another server for it."""
    # Browsers leave out line ends and tabs, and read \\ as /.
    plain = "".join(sign for sign in address if ord(sign) > 32).replace("\\", "/")
    if plain == base_url or plain.startswith(f"{base_url}/"):
        return False
    try:
        parts = urlsplit(plain)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc or plain.startswith("//"))


def _without_remote_pictures(base_url: str, tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "src" and is_remote(value, base_url) else value


def _show_no_remote_pictures(tokens: list[Token], base_url: str) -> None:
    """Replace external images with links, or with their alternative text inside a link."""
    for block in tokens:
        if block.children is None:
            continue
        shown: list[Token] = []
        links_open = 0
        for token in block.children:
            links_open += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            source = str(token.attrGet("src") or "")
            if token.type != "image" or not is_remote(source, base_url):
                shown.append(token)
                continue
            text = _text(token.content or source)
            shown += [text] if links_open else _link(source, text)
        block.children = shown


def _link(address: str, text: Token, **attributes: str) -> list[Token]:
    opening = Token("link_open", "a", 1, attrs={"href": address, **attributes})
    return [opening, text, Token("link_close", "a", -1)]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _with_signs(children: Iterable[Token], surroundings: LinkContext) -> Iterator[Token]:
    """Replace @mentions with links and emoticon shortcuts with emoji."""
    links_open = 0
    for token in children:
        links_open += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text":
            yield token
            continue
        mentions = {} if links_open else surroundings.mentions
        done = 0
        for match in SIGN.finditer(token.content):
            made = _made_of(match, mentions, surroundings.emoticons)
            if made:
                yield _text(token.content[done : match.start()])
                yield from made
                done = match.end()
        yield _text(token.content[done:])


def _made_of(
    match: re.Match[str], mentions: dict[str, tuple[str, str]], emoticons: dict[str, str]
) -> list[Token]:
    if match["emoticon"]:
        sign = emoticons.get(match["emoticon"])
        return [_text(sign)] if sign else []
    person = mentions.get((match["quoted"] or match["name"]).lower())
    if person is None:
        return []
    address, display_name = person
    return _link(address, _text(f"@{display_name}"), **{"class": "user-mention"})


def _lead(token: Token, surroundings: LinkContext) -> None:
    """Let a link or picture lead where it is meant to."""
    waiting = [token]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.children or [])
        name = {"link_open": "href", "image": "src"}.get(one.type)
        if name is None:
            continue
        target = str(one.attrGet(name) or "")
        if target in surroundings.targets:
            one.attrSet(name, surroundings.targets[target])
        elif surroundings.file_links is not None:
            _lead_into_repository(one, name, target, surroundings.file_links)


def _lead_into_repository(token: Token, name: str, target: str, links: FileLinks) -> None:
    try:
        parts = urlsplit(target)
    except ValueError:
        return
    if not parts.scheme and not parts.netloc and parts.path:
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        token.attrSet(name, links.address(parts.path, is_image=token.type == "image") + fragment)
