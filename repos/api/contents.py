"""Endpoints for the contents of a repository: branches, tags, commits, folders, files."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from core.paging import PageRequest, page_of
from gitengine.types import EntryKind
from repos.api.resources import RepositoryResource
from repos.representations import (
    represent_blame,
    represent_branch,
    represent_entry,
    represent_path,
    represent_tag,
)
from repos.safe_responses import inert_file, rendered_file, saved_file
from repos.selectors import archives, commit_history, contents, refs
from repos.selectors.contents import FileLocation
from repos.selectors.ref_lists import RefOrder

DEFAULT_CHILDREN = 500
MOST_LINES = 5000
MOST_DETAILED = 100
DEFAULT_LINES = 500
MOST_FILES = 100_000


class Contents(RepositoryResource):
    """What all of them share."""

    def at(self) -> str:
        """The revision that the query names, empty for the default branch."""
        return str(self.request.query_params.get("at", ""))

    def order(self) -> RefOrder:
        """How refs are listed."""
        text = self.request.query_params.get("orderBy", "") or RefOrder.MODIFICATION.value
        if text.upper() not in RefOrder.__members__:
            raise Invalid("The orderBy must be ALPHABETICAL or MODIFICATION.", context="orderBy")
        return RefOrder[text.upper()]


class Branches(Contents):
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


class Tags(Contents):
    """/tags"""

    def get(self, request: Request, **_: str) -> Response:
        """List tags."""
        text = request.query_params.get("filterText", "")
        page = refs.tags(
            self.actor, self.repository(), self.wanted(), text=text, order=self.order()
        )
        return self.show_page(page, represent_tag)


class TagDetail(Contents):
    """/tags/{name}"""

    def get(self, request: Request, name: str, **_: str) -> Response:
        """Show a tag."""
        return self.show(represent_tag(refs.tag(self.actor, self.repository(), name)))


class Browse(Contents):
    """/browse/{path}"""

    def get(self, request: Request, path: str = "", **_: str) -> Response:
        """Show a folder or the lines of a file; with `type` only which of them it is."""
        where = contents.place(self.actor, self.repository(), path.strip("/"), self.at())
        # Of several wishes the first in this order is heard, as in Bitbucket.
        if self.flag("size") and not where.is_directory:
            return self.show({"size": where.entry.size})
        if self.flag("type"):
            return self.show({"type": where.entry.kind.value})
        if where.is_directory:
            return self.show(self._folder(where))
        if where.entry.kind is EntryKind.SUBMODULE:
            shown = represent_entry(where.entry) | {"path": represent_path(where.entry.path)}
            return self.show(shown | {"revision": where.revision.id})
        if self.wants_blame and self.flag("noContent"):
            return self.show(self._blame(where, self._lines()))
        return self.show(self._file(where))

    @property
    def wants_blame(self) -> bool:
        """Whether the query names blame, with any value but "false"."""
        return self.request.query_params.get("blame", "false").lower() != "false"

    def _lines(self) -> PageRequest:
        return self.wanted(default=DEFAULT_LINES, most=MOST_LINES)

    def _blame(self, where: FileLocation, wanted: PageRequest) -> list[dict[str, Any]]:
        found = commit_history.blame(
            self.actor, self.repository(), where, start=wanted.start, limit=wanted.limit
        )
        people = self.people_in([one.commit for one in found])
        return [represent_blame(one, people) for one in found]

    def _folder(self, where: FileLocation) -> dict[str, Any]:
        wanted = self.wanted(default=DEFAULT_CHILDREN)
        entries = contents.children(self.actor, self.repository(), where)
        return {
            "path": represent_path(where.entry.path),
            "revision": where.revision.id,
            "children": page_of(entries, wanted).map(represent_entry).as_json(),
        }

    def _file(self, where: FileLocation) -> dict[str, Any]:
        wanted = self._lines()
        found = contents.text(
            self.actor,
            self.repository(),
            where.entry,
            start=wanted.start,
            limit=wanted.limit,
        )
        if found.lines is None:
            return {"binary": True, "path": represent_path(where.entry.path)}
        shown: dict[str, Any] = {
            "lines": [{"text": line} for line in found.lines],
            "start": found.start,
            "size": len(found.lines),
            "limit": wanted.limit,
            "isLastPage": found.is_last,
            "nextPageStart": None if found.is_last else wanted.start + wanted.limit,
        }
        return shown | {"blame": self._blame(where, wanted)} if self.wants_blame else shown


class Files(Contents):
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


class RawFile(Contents):
    """/raw/{path}"""

    def get(self, request: Request, path: str, **_: str) -> HttpResponseBase:
        """Send a file as it is, in a form that no browser runs; with `markup` as HTML."""
        where = contents.raw(self.actor, self.repository(), path.strip("/"), self.at())
        return rendered_file(where) if self.flag("markup") else inert_file(where)


class _WellKnownFile(Contents):
    """A file that tells of the repository, at its root, under one of its usual names."""

    name: str

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Send it as it is; with `markup` as HTML."""
        found = contents.well_known_file(self.actor, self.repository(), self.name, self.at())
        return rendered_file(found) if self.flag("markup") else inert_file(found)


class Readme(_WellKnownFile):
    """/readme"""

    name = "README"


class License(_WellKnownFile):
    """/license"""

    name = "LICENSE"


class Contributing(_WellKnownFile):
    """/contributing"""

    name = "CONTRIBUTING"


class Archive(Contents):
    """/archive"""

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Stream the files of a revision as one file."""
        query = request.query_params
        wanted = archives.ArchiveRequest(
            at=self.at(),
            format=query.get("format", "zip"),
            prefix=query.get("prefix", ""),
            paths=tuple(query.getlist("path")),
            filename=query.get("filename", ""),
        )
        return saved_file(archives.make(self.actor, self.repository(), wanted))
