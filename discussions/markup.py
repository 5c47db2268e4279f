"""Comments as HTML: Markdown with mentions, emoticons and attachments, on top of the kernel's rendering."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.db.models.functions import Lower
from markdown_it.token import Token

from accounts.models import User
from core import links, markup
from core.markup import Manner
from discussions.emoticons import SIGNS
from discussions.models import Attachment
from repos.models import Repository
from repos.representations import repository_path

AS_COMMENT = Manner(html=False, hardwrap=True, heading_ids=False)

_SIGN = re.compile(
    r"(?<![\w@/.:])@(?:\"(?P<quoted>[^\"\n]{1,255})\"|(?P<name>\w(?:[\w.+-]{0,253}\w)?))"
    r"|:(?P<emoticon>[a-z0-9_+-]{1,40}):"
)
_ATTACHMENT = re.compile(r"attachment:(\d{1,18})/(\d{1,18})")

Address = Callable[[str], str]


def render(
    texts: Sequence[str],
    repository: Repository | None = None,
    *,
    manner: Manner = AS_COMMENT,
    absolute: bool = False,
) -> list[str]:
    """Give the HTML of several texts at once: people and attachments in them are asked for once."""
    parsed = [markup.parse(text, manner) for text in texts]
    every = [token for tokens in parsed for token in tokens]
    address = links.absolute if absolute else _relative
    people = _people(every)
    attached = _attached(every, repository)
    for token in every:
        if token.children:
            token.children = list(_enriched(token.children, people, address))
            for child in token.children:
                _attach(child, attached, repository, address)
    return [markup.finish(tokens, None, manner) for tokens in parsed]


def _relative(path: str) -> str:
    return links.context_path() + path


def _texts(children: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether it is text outside of a link."""
    links_open = 0
    for token in children:
        links_open += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        yield token, token.type == "text" and links_open == 0


def _people(tokens: Iterable[Token]) -> dict[str, User]:
    names = {
        (match["quoted"] or match["name"]).lower()
        for block in tokens
        for token, is_free in _texts(block.children or ())
        if is_free
        for match in _SIGN.finditer(token.content)
        if not match["emoticon"]
    }
    if not names:
        return {}
    rows = User.objects.annotate(plain=Lower("name")).filter(
        plain__in=names, is_active=True, type=User.Type.NORMAL
    )
    return {user.name.lower(): user for user in rows}


def _enriched(
    children: Iterable[Token], people: dict[str, User], address: Address
) -> Iterator[Token]:
    for token, is_free in _texts(children):
        if token.type != "text":
            yield token
            continue
        done = 0
        for match in _SIGN.finditer(token.content):
            made = _made_of(match, people if is_free else {}, address)
            if made:
                yield _text(token.content[done : match.start()])
                yield from made
                done = match.end()
        yield _text(token.content[done:])


def _made_of(match: re.Match[str], people: dict[str, User], address: Address) -> list[Token]:
    if match["emoticon"]:
        sign = SIGNS.get(match["emoticon"])
        return [_text(sign)] if sign else []
    user = people.get((match["quoted"] or match["name"]).lower())
    if user is None:
        return []
    target = address(f"/users/{links.segment(user.slug)}")
    return markup.link(target, _text(f"@{user.display_name}"), **{"class": "user-mention"})


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _attached(tokens: Iterable[Token], repository: Repository | None) -> set[str]:
    """The attachments that are named and are there, as markup names them."""
    named = {
        match
        for block in tokens
        for token in block.children or ()
        if (match := _ATTACHMENT.fullmatch(_target(token)))
    }
    ids = {int(match[2]) for match in named if repository and int(match[1]) == repository.pk}
    if not ids:
        return set()
    return {str(one) for one in Attachment.objects.filter(repository=repository, pk__in=ids)}


def _target(token: Token) -> str:
    return str(token.attrGet("href") or token.attrGet("src") or "")


def _attach(
    token: Token, attached: set[str], repository: Repository | None, address: Address
) -> None:
    target = _target(token)
    if repository is None or target not in attached:
        return
    path = f"{repository_path(repository)}/attachments/{target.rpartition('/')[2]}"
    token.attrSet("src" if token.type == "image" else "href", address(path))
