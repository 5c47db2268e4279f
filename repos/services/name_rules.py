"""Which keys, names and slugs projects and repositories may have."""

from __future__ import annotations

import re

from accounts.actor import Actor
from repos.errors import UnfitName

LONGEST = 128
LONGEST_DESCRIPTION = 255

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_REPOSITORY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9._-]+")


def check_key(actor: Actor, key: str) -> str:
    """Give a project key in its stored spelling; UnfitName."""
    if not _KEY.fullmatch(key) or len(key) > LONGEST:
        raise UnfitName(
            "A project key begins with a letter and holds letters, digits, underscores and hyphens; "
            f"{LONGEST} characters at most.",
            context="key",
        )
    return key.upper()


def check_project_name(actor: Actor, name: str) -> str:
    """Give a project name without the spaces around it; UnfitName."""
    name = name.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise UnfitName(f"A project name has 1 to {LONGEST} characters.", context="name")
    return name


def check_repository_name(actor: Actor, name: str) -> str:
    """Give a repository name without the spaces around it; UnfitName."""
    name = name.strip()
    if not _REPOSITORY_NAME.fullmatch(name) or len(name) > LONGEST:
        raise UnfitName(
            "A repository name begins with a letter or digit and holds letters, digits, spaces, "
            f"periods, hyphens and underscores; {LONGEST} characters at most.",
            context="name",
        )
    return name


def slug_of(actor: Actor, name: str) -> str:
    """Return the slug of a repository name; raises UnfitName if it is empty."""
    slug = _NOT_IN_A_SLUG.sub("-", name.lower())
    if slug.endswith((".git", ".atom")) or slug.strip(".") == "":
        raise UnfitName("A repository name cannot have this ending.", context="name")
    return slug


def check_description(actor: Actor, description: str | None) -> str:
    """Give a description without the spaces around it; UnfitName if it is too long."""
    description = (description or "").strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise UnfitName(
            f"A description has {LONGEST_DESCRIPTION} characters at most.", context="description"
        )
    return description
