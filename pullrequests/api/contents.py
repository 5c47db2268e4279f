"""Endpoints of what a pull request brings: commits, changes, diff, patch."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from core.paging import PageRequest
from gitengine.diff import DiffSelection
from pullrequests.api.resources import PullRequestResource
from pullrequests.selectors import contents
from repos.api.diffs import Compared, ComparedChanges, ComparedDiff, ComparedStats
from repos.representations import represent_commit
from repos.safe_responses import inert_text
from repos.selectors import comparisons
from repos.selectors.comparisons import Comparison
from repos.selectors.stable_paging import WHOLE


class _OfPullRequest(PullRequestResource, Compared):
    """What the pull request brings, or a part of its story that the query names."""

    def compared(self, wanted: PageRequest = WHOLE) -> Comparison:
        """The commits that the path and the query name."""
        found = self.pull_request()
        query = self.request.query_params
        since, until = query.get("sinceId", ""), query.get("untilId", "")
        if contents.checked_scope(query.get("changeScope", "")) == "UNREVIEWED":
            return contents.unreviewed(self.actor, found)
        if since or until:
            return contents.between(self.actor, found, since, until)
        return contents.effective(self.actor, found)


class PullRequestChanges(_OfPullRequest, ComparedChanges):
    """/pull-requests/{id}/changes"""


class PullRequestDiff(_OfPullRequest, ComparedDiff):
    """/pull-requests/{id}/diff/{path}"""


class PullRequestStats(_OfPullRequest, ComparedStats):
    """/pull-requests/{id}/diff-stats-summary/{path}"""


class RawDiff(_OfPullRequest):
    """/pull-requests/{id}.diff"""

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Stream the whole difference as git writes it."""
        compared = self.compared()
        selected: DiffSelection = self.selected(compared)
        return inert_text(comparisons.raw(self.actor, compared, selected))


class RawPatch(PullRequestResource):
    """/pull-requests/{id}.patch"""

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Stream the commits as mails."""
        return inert_text(contents.mailbox(self.actor, self.pull_request()))


class PullRequestCommits(PullRequestResource):
    """/pull-requests/{id}/commits"""

    def get(self, request: Request, **_: str) -> Response:
        """List what the source has and the target has not, newest first."""
        found = self.pull_request()
        page = contents.commits(self.actor, found, self.wanted(most=contents.MOST_COMMITS))
        if self.flag("withCounts"):
            authors, total = contents.counts(self.actor, found)
            page.extra.update(authorCount=authors, totalCount=total)
        people = self.people_in(page.values)
        return self.show_page(page, lambda commit: represent_commit(commit, people))


class PullRequestMergeBase(PullRequestResource):
    """/pull-requests/{id}/merge-base"""

    def get(self, request: Request, **_: str) -> Response:
        """Show where source and target parted."""
        base = contents.merge_base(self.actor, self.pull_request())
        if base is None:
            return self.nothing()
        return self.show(represent_commit(base, self.people_in([base])))
