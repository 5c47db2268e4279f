"""Comments as HTML: Markdown with mentions, emoticons and attachments, on top of the kernel's rendering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.db.models.functions import Lower

from accounts.models import User
from core import links
from discussions.emoticons import SIGNS
from discussions.models import Attachment
from infrastructure import markup
from infrastructure.markup import MarkdownOptions
from infrastructure.rendering.markdown import SIGN
from repos.models import Repository
from repos.representations import repository_path

AS_COMMENT = MarkdownOptions(html=False, hardwrap=True, heading_ids=False)

_ATTACHMENT = re.compile(r"attachment:(\d{1,18})/(\d{1,18})")


def render(
    texts: Sequence[str],
    repository: Repository | None = None,
    *,
    manner: MarkdownOptions = AS_COMMENT,
    absolute: bool = False,
) -> list[str]:
    """Give the HTML of several texts at once: people and attachments in them are asked for once."""
    people = _people(texts)
    attached = _attached(texts, repository)
    address = links.absolute if absolute else _relative
    made = []
    for text in texts:
        # Whoever and whatever it names, as they are now.
        mentions = {
            name: (address(f"/users/{links.segment(person.slug)}"), person.display_name)
            for name in sorted(_names(text))
            if (person := people.get(name)) is not None
        }
        targets = {
            name: address(_attachment_path(repository, name))
            for name in sorted(_named_attachments(text) & attached)
            if repository is not None
        }
        emoticons = {name: SIGNS[name] for name in sorted(_emoticons(text)) if name in SIGNS}
        made.append(
            markup.render(text, manner, mentions=mentions, emoticons=emoticons, targets=targets)
        )
    return made


def _relative(path: str) -> str:
    return links.context_path() + path


def _attachment_path(repository: Repository, name: str) -> str:
    return f"{repository_path(repository)}/attachments/{name.rpartition('/')[2]}"


def _emoticons(text: str) -> set[str]:
    """What a text may show as a sign; more than it does where it is code."""
    return {match["emoticon"] for match in SIGN.finditer(text) if match["emoticon"]}


def _names(text: str) -> set[str]:
    """Whom a text may name, in small letters; more than it does where it is code."""
    return {
        (match["quoted"] or match["name"]).lower()
        for match in SIGN.finditer(text)
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


def _named_attachments(text: str) -> set[str]:
    return {match[0] for match in _ATTACHMENT.finditer(text)}


def _attached(texts: Iterable[str], repository: Repository | None) -> set[str]:
    """The attachments that are named and are there, as markup names them."""
    found = [match for text in texts for match in _ATTACHMENT.finditer(text)]
    ids = {int(match[2]) for match in found if repository and int(match[1]) == repository.pk}
    if not ids:
        return set()
    return {str(one) for one in Attachment.objects.filter(repository=repository, pk__in=ids)}
