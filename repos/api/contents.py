"""Endpoints of what a repository holds: branches, tags, commits, folders, files."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from core.paging import page_of
from gitengine.types import Commit, EntryKind
from repos.api.resources import RepositoryResource
from repos.inert import inert_file
from repos.representations import (
    represent_branch,
    represent_commit,
    represent_entry,
    represent_path,
    represent_tag,
)
from repos.selectors import contents, refs
from repos.selectors.contents import Place
from repos.selectors.refs import Order

DEFAULT_CHILDREN = 500
MOST_LINES = 5000
MOST_DETAILED = 100
DEFAULT_LINES = 500
MOST_FILES = 100_000
MERGES = {"include": None, "exclude": False, "only": True}


class _Contents(RepositoryResource):
    """What all of them share."""

    def at(self) -> str:
        """The revision that the query names, empty for the default branch."""
        return str(self.request.query_params.get("at", ""))

    def order(self) -> Order:
        """How refs are listed."""
        text = self.request.query_params.get("orderBy", "") or Order.MODIFICATION.value
        if text.upper() not in Order.__members__:
            raise Invalid("The orderBy must be ALPHABETICAL or MODIFICATION.", context="orderBy")
        return Order[text.upper()]


class Branches(_Contents):
    """/branches"""

    def get(self, request: Request, **_: str) -> Response:
        """List branches; with `details`, each with its latest commit and its distance from the base."""
        query = request.query_params
        details = self.flag("details")
        page = refs.branches(
            self.actor,
            self.repository(),
            # Each distance from the base is a walk of its own.
            self.wanted(most=MOST_DETAILED) if details else self.wanted(),
            text=query.get("filterText", ""),
            order=self.order(),
            boost_matches=self.flag("boostMatches"),
            with_commits=details,
            base=query.get("base", "") if details else None,
        )
        commits = [branch.commit for branch in page.values if branch.commit]
        people = self.people_in(commits) if details else None
        return self.show_page(page, lambda branch: represent_branch(branch, people))


class Tags(_Contents):
    """/tags"""

    def get(self, request: Request, **_: str) -> Response:
        """List tags."""
        text = request.query_params.get("filterText", "")
        page = refs.tags(
            self.actor, self.repository(), self.wanted(), text=text, order=self.order()
        )
        return self.show_page(page, represent_tag)


class TagDetail(_Contents):
    """/tags/{name}"""

    def get(self, request: Request, name: str, **_: str) -> Response:
        """Show a tag."""
        return self.show(represent_tag(refs.tag(self.actor, self.repository(), name)))


class Commits(_Contents):
    """/commits"""

    def get(self, request: Request, **_: str) -> Response:
        """List the history of a revision, newest first."""
        query = request.query_params
        merges = query.get("merges", "include").lower()
        if merges not in MERGES:
            raise Invalid("The merges must be include, exclude or only.", context="merges")
        narrowed = contents.CommitFilter(
            path=query.get("path", "").strip("/"),
            follow_renames=self.flag("followRenames"),
            merges=MERGES[merges],
            since=query.get("since", ""),
            ignore_missing=self.flag("ignoreMissing"),
        )
        repository = self.repository()
        until = query.get("until", "")
        page = contents.commits(
            self.actor,
            repository,
            self.wanted(most=contents.MOST_COMMITS),
            until=until,
            narrowed=narrowed,
        )
        if self.flag("withCounts"):
            authors, total = contents.counts(
                self.actor, repository, until=until, since=narrowed.since
            )
            page.extra.update(authorCount=authors, totalCount=total)
        people = self.people_in(page.values)
        return self.show_page(page, lambda commit: represent_commit(commit, people))


class CommitDetail(_Contents):
    """/commits/{commitId}"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """Show a commit; with `path`, the last one up to it that changed the path."""
        path = request.query_params.get("path", "").strip("/")
        repository = self.repository()
        commit: Commit | None
        if path:
            narrowed = contents.CommitFilter(path=path)
            page = contents.commits(
                self.actor, repository, self.wanted(default=1), until=commit_id, narrowed=narrowed
            )
            commit = page.values[0] if page.values else None
        else:
            commit = contents.commit(self.actor, repository, commit_id)
        if commit is None:
            raise Invalid(f'No commit up to {commit_id} changed "{path}".', context="path")
        return self.show(represent_commit(commit, self.people_in([commit])))


class Browse(_Contents):
    """/browse/{path}"""

    def get(self, request: Request, path: str = "", **_: str) -> Response:
        """Show a folder or the lines of a file; with `type` only which of them it is."""
        repository = self.repository()
        where = contents.place(self.actor, repository, path.strip("/"), self.at())
        if self.flag("type"):
            return self.show({"type": where.entry.kind.value})
        if self.flag("size") and not where.is_directory:
            return self.show({"size": where.entry.size})
        if where.is_directory:
            return self.show(self._folder(where))
        if where.entry.kind is EntryKind.SUBMODULE:
            shown = represent_entry(where.entry) | {"path": represent_path(where.entry.path)}
            return self.show(shown | {"revision": where.revision.id})
        return self.show(self._file(where))

    def _folder(self, where: Place) -> dict[str, Any]:
        wanted = self.wanted(default=DEFAULT_CHILDREN)
        entries = (
            []
            if self.flag("noContent")
            else contents.children(self.actor, self.repository(), where)
        )
        return {
            "path": represent_path(where.entry.path),
            "revision": where.revision.id,
            "children": page_of(entries, wanted).map(represent_entry).as_json(),
        }

    def _file(self, where: Place) -> dict[str, Any]:
        wanted = self.wanted(default=DEFAULT_LINES, most=MOST_LINES)
        if self.flag("noContent"):
            return {"lines": [], "start": 0, "size": 0, "isLastPage": True}
        found = contents.text(
            self.actor,
            self.repository(),
            where.entry,
            start=wanted.start,
            limit=wanted.limit,
        )
        if found.lines is None:
            return {"binary": True, "path": represent_path(where.entry.path)}
        return {
            "lines": [{"text": line} for line in found.lines],
            "start": found.start,
            "size": len(found.lines),
            "limit": wanted.limit,
            "isLastPage": found.is_last,
            "nextPageStart": None if found.is_last else wanted.start + wanted.limit,
        }


class Files(_Contents):
    """/files/{path}"""

    def get(self, request: Request, path: str = "", **_: str) -> Response:
        """List the paths of all files below a folder."""
        page = contents.files(
            self.actor,
            self.repository(),
            path.strip("/"),
            self.wanted(most=MOST_FILES),
            self.at(),
        )
        return self.show(page.as_json())


class RawFile(_Contents):
    """/raw/{path}"""

    def get(self, request: Request, path: str, **_: str) -> HttpResponseBase:
        """Send a file as it is, in a form that no browser runs."""
        return inert_file(contents.raw(self.actor, self.repository(), path.strip("/"), self.at()))
