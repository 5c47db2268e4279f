"""Branches, tags, commits, folders and files as Bitbucket's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from accounts.representations import represent_user_with_address
from gitengine.types import Commit, Entry, EntryKind, Person
from repos.selectors.commit_history import BlameResult
from repos.selectors.ref_types import Branch, Tag

DISPLAY_LENGTH = 11
BRANCH_METADATA = "com.atlassian.bitbucket.server.bitbucket-branch"
REF_METADATA = "com.atlassian.bitbucket.server.bitbucket-ref-metadata"

People = Mapping[str, User]


def represent_ref(name: str) -> dict[str, Any]:
    """A branch or tag by its full name, where only that matters."""
    kind, _, short = name.removeprefix("refs/").partition("/")
    return {"id": name, "displayId": short, "type": "TAG" if kind == "tags" else "BRANCH"}


def represent_branch(branch: Branch, people: People | None = None) -> dict[str, Any]:
    """A branch; with its metadata where `people` is given."""
    shown: dict[str, Any] = {
        "id": branch.name,
        "displayId": branch.display_id,
        "type": "BRANCH",
        "latestCommit": branch.commit_id,
        "latestChangeset": branch.commit_id,
        "isDefault": branch.is_default,
    }
    if people is not None:
        metadata = dict(branch.metadata)
        if branch.ahead is not None:
            metadata[f"{BRANCH_METADATA}:ahead-behind-metadata-provider"] = {
                "ahead": branch.ahead,
                "behind": branch.behind,
            }
        if branch.commit is not None:
            metadata[f"{BRANCH_METADATA}:latest-commit-metadata"] = represent_commit(
                branch.commit, people
            )
        shown["metadata"] = metadata
    return shown


def represent_tag(tag: Tag) -> dict[str, Any]:
    """A tag; `hash` is the tag object, null for a lightweight one."""
    return {
        "id": tag.name,
        "displayId": tag.display_id,
        "type": "TAG",
        "latestCommit": tag.commit_id,
        "latestChangeset": tag.commit_id,
        "hash": tag.tag_id,
    }


def represent_commit(commit: Commit, people: People) -> dict[str, Any]:
    """A commit; authors who have an account are shown as users."""
    return {
        "id": commit.id,
        "displayId": commit.id[:DISPLAY_LENGTH],
        "author": _person(commit.author, people),
        "authorTimestamp": commit.author_time * 1000,
        "committer": _person(commit.committer, people),
        "committerTimestamp": commit.committer_time * 1000,
        "message": commit.message,
        "parents": [
            {"id": parent, "displayId": parent[:DISPLAY_LENGTH]} for parent in commit.parents
        ],
    }


def represent_blame(blamed: BlameResult, people: People) -> dict[str, Any]:
    """A run of lines with the commit that brought it."""
    commit = blamed.commit
    short = commit.id[:DISPLAY_LENGTH]
    return {
        "author": _person(commit.author, people),
        "authorTimestamp": commit.author_time * 1000,
        "committer": _person(commit.committer, people),
        "committerTimestamp": commit.committer_time * 1000,
        "commitHash": commit.id,
        "displayCommitHash": short,
        "commitId": commit.id,
        "commitDisplayId": short,
        "fileName": blamed.run.path,
        "lineNumber": blamed.run.line,
        "spannedLines": blamed.run.count,
    }


def represent_path(path: str) -> dict[str, Any]:
    """A path in its parts."""
    components = path.split("/") if path else []
    name = components[-1] if components else ""
    shown = {
        "components": components,
        "parent": "/".join(components[:-1]),
        "name": name,
        "toString": path,
    }
    stem, dot, extension = name.rpartition(".")
    return shown | {"extension": extension} if dot and stem else shown


def represent_entry(entry: Entry) -> dict[str, Any]:
    """An entry of a folder; its path is relative to the folder."""
    shown: dict[str, Any] = {"path": represent_path(entry.name), "type": entry.kind.value}
    if entry.kind is EntryKind.DIRECTORY:
        return shown | {"node": entry.id}
    shown["contentId"] = entry.id
    return shown | {"size": entry.size} if entry.kind is EntryKind.FILE else shown


def _person(person: Person, people: People) -> dict[str, Any]:
    user = people.get(person.email.lower())
    if user is not None:
        return represent_user_with_address(user)
    return {"name": person.name, "emailAddress": person.email}
