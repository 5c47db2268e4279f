"""What every page of a repository shares: the repository, what its reader may do, who its people are."""

from __future__ import annotations

from typing import Any

from accounts import selectors as people
from accounts.models import User
from gitengine.types import Commit
from repos.models import Repository
from repos.selectors import abilities, repositories
from web.frame.requests import WebRequest
from web.repositories import clone_menu


def repository_page(
    request: WebRequest, key: str, slug: str, tab: str
) -> tuple[Repository, dict[str, Any]]:
    """Find the repository, and what its pages share."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    may = abilities.on_repository(actor, repository)
    return repository, {
        "repository": repository,
        "project": repository.project,
        "tab": tab,
        "may": may,
        "may_edit": may.may_write and not repository.is_archived,
    } | clone_menu.context(request, repository)


def with_people(
    request: WebRequest, shown: list[Commit]
) -> list[tuple[Commit, User | None, User | None]]:
    """Each commit with the users that wrote and committed it, as far as they have an account; one query."""
    actor = request.actor
    known = people.by_address(
        actor, [person.email for one in shown for person in (one.author, one.committer)]
    )
    return [
        (one, known.get(one.author.email.lower()), known.get(one.committer.email.lower()))
        for one in shown
    ]


def crumbs(path: str) -> list[tuple[str, str]]:
    """Each part of a path with the path up to it."""
    parts = path.split("/") if path else []
    return [(part, "/".join(parts[: number + 1])) for number, part in enumerate(parts)]
