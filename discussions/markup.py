"""Comments as HTML: Markdown with mentions, emoticons and attachments, on top of the kernel's rendering."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.db.models.functions import Lower
from markdown_it.token import Token

from accounts.models import User
from core import links, markup
from core.markup import Manner
from core.remembered import remembered
from discussions.emoticons import SIGNS
from discussions.models import Attachment
from repos.models import Repository
from repos.representations import repository_path

# Shorter ones are made anew in less time than it takes to look.
WORTH_REMEMBERING = 400
# Counts up when texts are rendered otherwise.
EDITION = 1
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
    """Give the HTML of several texts at once: people and attachments in them are asked for once.

    What a long text became is remembered by all that it is made from.
    """
    people = _people(texts)
    attached = _attached(texts, repository)
    made = []
    for text in texts:
        # Whoever and whatever it names, as they are now.
        named = {name: people[name] for name in _names(text) if name in people}
        shown = attached & _named_attachments(text)

        def make(text: str = text, named: dict[str, User] = named) -> str:
            return _rendered(text, named, attached, repository, manner, absolute)

        if len(text) < WORTH_REMEMBERING:
            made.append(make())
            continue
        about = [f"{user.slug} {user.display_name}" for _, user in sorted(named.items())]
        place = repository_path(repository) if repository and shown else ""
        base = links.absolute("") if absolute else links.context_path()
        key = (EDITION, manner, base, place, *about, *sorted(shown), text)
        made.append(remembered("markup", *key, make=make))
    return made


def _rendered(
    text: str,
    people: dict[str, User],
    attached: set[str],
    repository: Repository | None,
    manner: Manner,
    absolute: bool,
) -> str:
    address = links.absolute if absolute else _relative
    tokens = markup.parse(text, manner)
    for token in tokens:
        if token.children:
            token.children = list(_enriched(token.children, people, address))
            for child in token.children:
                _attach(child, attached, repository, address)
    return markup.finish(tokens, None, manner)


def _relative(path: str) -> str:
    return links.context_path() + path


def _texts(children: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether it is text outside of a link."""
    links_open = 0
    for token in children:
        links_open += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        yield token, token.type == "text" and links_open == 0


def _names(text: str) -> set[str]:
    """Whom a text may name, in small letters; more than it does where it is code."""
    return {
        (match["quoted"] or match["name"]).lower()
        for match in _SIGN.finditer(text)
        if not match["emoticon"]
    }


def mentioned(text: str) -> list[User]:
    """Whom a text names."""
    return list(_people([text]).values())


def _people(texts: Iterable[str]) -> dict[str, User]:
    names = {name for text in texts for name in _names(text)}
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


def _named_attachments(text: str) -> set[str]:
    return {match[0] for match in _ATTACHMENT.finditer(text)}


def _attached(texts: Iterable[str], repository: Repository | None) -> set[str]:
    """The attachments that are named and are there, as markup names them."""
    found = [match for text in texts for match in _ATTACHMENT.finditer(text)]
    ids = {int(match[2]) for match in found if repository and int(match[1]) == repository.pk}
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
