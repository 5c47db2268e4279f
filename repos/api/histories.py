"""Endpoints of how a repository came to be: commits, and what last changed each entry."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from gitengine.history import CommitSelection
from gitengine.types import Commit
from repos.api.contents import Contents
from repos.representations import represent_commit
from repos.selectors import commit_history, contents

MERGES = {"include": None, "exclude": False, "only": True}


class Commits(Contents):
    """/commits"""

    def get(self, request: Request, **_: str) -> Response:
        """List the history of a revision, newest first."""
        query = request.query_params
        merges = query.get("merges", "include").lower()
        if merges not in MERGES:
            raise Invalid("The merges must be include, exclude or only.", context="merges")
        chosen = commit_history.CommitFilter(
            since=query.get("since", ""),
            ignore_missing=self.flag("ignoreMissing"),
            narrowed=CommitSelection(
                path=query.get("path", "").strip("/"),
                follow_renames=self.flag("followRenames"),
                merges=MERGES[merges],
                author=query.get("author", ""),
            ),
        )
        repository = self.repository()
        until = query.get("until", "")
        page = commit_history.commits(
            self.actor,
            repository,
            self.wanted(most=commit_history.MOST_COMMITS),
            until=until,
            chosen=chosen,
        )
        if self.flag("withCounts"):
            authors, total = commit_history.counts(
                self.actor, repository, until=until, since=chosen.since
            )
            page.extra.update(authorCount=authors, totalCount=total)
        people = self.people_in(page.values)
        return self.show_page(page, lambda commit: represent_commit(commit, people))


class CommitDetail(Contents):
    """/commits/{commitId}"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """Show a commit; with `path`, the last one up to it that changed the path."""
        path = request.query_params.get("path", "").strip("/")
        repository = self.repository()
        commit: Commit | None
        if path:
            chosen = commit_history.CommitFilter(narrowed=CommitSelection(path=path))
            page = commit_history.commits(
                self.actor, repository, self.wanted(default=1), until=commit_id, chosen=chosen
            )
            commit = page.values[0] if page.values else None
        else:
            commit = contents.commit(self.actor, repository, commit_id)
        if commit is None:
            raise Invalid(f'No commit up to {commit_id} changed "{path}".', context="path")
        return self.show(represent_commit(commit, self.people_in([commit])))


class LastModified(Contents):
    """/last-modified/{path}"""

    def get(self, request: Request, path: str = "", **_: str) -> Response:
        """Show, for each entry of a folder, the commit that last changed it, and the folder's own."""
        repository = self.repository()
        where = contents.place(self.actor, repository, path.strip("/"), self.at())
        found = commit_history.last_changes(self.actor, repository, where)
        latest = [found.folder] if found.folder else []
        people = self.people_in([*found.entries.values(), *latest])
        shown: dict[str, Any] = {
            "files": {
                name: represent_commit(commit, people)
                for name, commit in sorted(found.entries.items())
            }
        }
        if found.folder is not None:
            shown["latestCommit"] = represent_commit(found.folder, people)
        return self.show(shown)
