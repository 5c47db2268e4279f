"""Endpoints of what differs: of a commit, between two revisions, between two branches, as patches."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.body import CompactJSONRenderer
from core.errors import Invalid
from core.paging import PageRequest
from gitengine.diff import MOST_CONTEXT, DiffSelection
from gitengine.types import Change
from repos.api.resources import RepositoryResource
from repos.representations import represent_commit
from repos.representations.diffs import represent_change, represent_diff, represent_stats
from repos.safe_responses import inert_text
from repos.selectors import comparisons
from repos.selectors.comparisons import CompareEnds, Comparison
from repos.selectors.stable_paging import WHOLE

DEFAULT_CONTEXT = 10
WHITESPACE = {"": False, "show": False, "ignore-all": True, "ignore_all": True}


class UnifiedText(CompactJSONRenderer):
    """Lets a caller ask for text, which is streamed; what else there is to say is said in JSON."""

    media_type = "text/plain"
    format = "txt"


class Asked(RepositoryResource):
    """What all of them share."""

    def required(self, name: str) -> str:
        """A part of the query that must be there."""
        text = self.request.query_params.get(name, "")
        if not text:
            raise Invalid(f"The {name} is required.", context=name)
        return str(text)


class Compared(Asked):
    """Which commits are compared, and what of them is looked at."""

    @abstractmethod
    def compared(self, wanted: PageRequest = WHOLE) -> Comparison:
        """The commits that the path and the query name."""

    def selected(self, compared: Comparison, path: str = "") -> DiffSelection:
        """What of a difference is looked at."""
        query = self.request.query_params
        path, source = path.strip("/"), query.get("srcPath", "").strip("/")
        if path and not source and self.flag("autoSrcPath"):
            source = comparisons.source_path(self.actor, compared, path)
        whitespace = query.get("whitespace", "").lower()
        if whitespace not in WHITESPACE:
            raise Invalid("The whitespace must be ignore-all or show.", context="whitespace")
        return DiffSelection(
            path=path,
            source_path=source if path and source != path else "",
            context=self._context(),
            ignore_whitespace=WHITESPACE[whitespace],
        )

    def _context(self) -> int:
        text = self.request.query_params.get("contextLines", "")
        if text in {"", "-1"}:
            return DEFAULT_CONTEXT
        if not (text.isascii() and text.isdigit()):
            raise Invalid("The contextLines must be a whole number.", context="contextLines")
        return min(int(text[:9]), MOST_CONTEXT)


class _OfCommit(Compared):
    """A commit of the path against `since`, else against its first parent."""

    def compared(self, wanted: PageRequest = WHOLE) -> Comparison:
        """The commits that the path and the query name."""
        since = self.request.query_params.get("since", "")
        revision = self.kwargs["commit_id"]
        return comparisons.of_commit(
            self.actor, self.repository(), revision, since=since, wanted=wanted
        )


class _OfRevision(Compared):
    """The revision `until` against `since`, else against its first parent."""

    def compared(self, wanted: PageRequest = WHOLE) -> Comparison:
        """The commits that the query names."""
        until, since = self.required("until"), self.request.query_params.get("since", "")
        return comparisons.of_commit(
            self.actor, self.repository(), until, since=since, wanted=wanted
        )


class _OfEnds(Compared):
    """The commits of `from` that are not in `to`; `from` may be in another repository."""

    def ends(self) -> CompareEnds:
        """The source and the target that the query names."""
        query = self.request.query_params
        named = query.get("fromRepo", "")
        other = comparisons.repository_named(self.actor, named) if named else None
        return CompareEnds(query.get("from", ""), query.get("to", ""), other)

    def compared(self, wanted: PageRequest = WHOLE) -> Comparison:
        """The commits that the query names."""
        return comparisons.between(self.actor, self.repository(), self.ends(), wanted=wanted)


class ComparedChanges(Compared):
    """A page of the paths that differ."""

    def get(self, request: Request, **_: str) -> Response:
        """List the paths that differ."""
        wanted = self.wanted()
        compared = self.compared(wanted)
        page = comparisons.changes(self.actor, compared, wanted)
        page.extra.update(fromHash=compared.old, toHash=compared.new)

        def represent(change: Change) -> dict[str, Any]:
            return represent_change(change, compared)

        return self.show_page(page, represent)


class ComparedDiff(Compared):
    """The changed files with their lines: JSON, or Git's text if the client asks for it."""

    renderer_classes = [CompactJSONRenderer, UnifiedText]

    def get(self, request: Request, path: str = "", **_: str) -> HttpResponseBase:
        """Show what differs; beyond the limits of one answer it is cut, and says so."""
        compared = self.compared()
        selected = self.selected(compared, path)
        if request.accepted_renderer.media_type == UnifiedText.media_type:
            return inert_text(comparisons.raw(self.actor, compared, selected))
        text = request.query_params.get("filter", "")
        found = comparisons.file_diffs(self.actor, compared, selected, text=text)
        return self.show(represent_diff(found, compared, selected))


class ComparedStats(Compared):
    """Sums of what differs."""

    def get(self, request: Request, path: str = "", **_: str) -> Response:
        """Count files and lines."""
        compared = self.compared()
        selected = self.selected(compared, path)
        return self.show(represent_stats(comparisons.stats(self.actor, compared, selected)))


class CommitChanges(_OfCommit, ComparedChanges):
    """/commits/{commitId}/changes"""


class CommitDiff(_OfCommit, ComparedDiff):
    """/commits/{commitId}/diff/{path}"""


class CommitStats(_OfCommit, ComparedStats):
    """/commits/{commitId}/diff-stats-summary/{path}"""


class Changes(_OfRevision, ComparedChanges):
    """/changes"""


class Diff(_OfRevision, ComparedDiff):
    """/diff/{path}"""


class CompareChanges(_OfEnds, ComparedChanges):
    """/compare/changes"""


class CompareDiff(_OfEnds, ComparedDiff):
    """/compare/diff/{path}"""


class CompareStats(_OfEnds, ComparedStats):
    """/compare/diff-stats-summary/{path}"""


class CompareCommits(_OfEnds):
    """/compare/commits"""

    def get(self, request: Request, **_: str) -> Response:
        """List the commits that only the source has, newest first."""
        wanted = self.wanted(most=comparisons.MOST_COMMITS)
        page = comparisons.commits(self.actor, self.repository(), self.ends(), wanted)
        people = self.people_in(page.values)
        return self.show_page(page, lambda commit: represent_commit(commit, people))


class MergeBase(Asked):
    """/commits/{commitId}/merge-base"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """Show the best common ancestor; nothing where there is none."""
        other = self.required("otherCommitId")
        found = comparisons.merge_base(self.actor, self.repository(), commit_id, other)
        if found is None:
            return self.nothing()
        return self.show(represent_commit(found, self.people_in([found])))


class Patch(Asked):
    """/patch"""

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Send commits as mails for `git am`."""
        return inert_text(
            comparisons.mailbox(
                self.actor,
                self.repository(),
                self.required("until"),
                since=request.query_params.get("since", ""),
                ancestors=self.flag("allAncestors"),
            )
        )
