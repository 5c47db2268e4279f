"""Endpoints that merge and rebase pull requests, or say why not."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from gitengine.types import RefCommand
from pullrequests.api.resources import PullRequestResource
from pullrequests.api.serializers import MergeBody, VersionBody
from pullrequests.representations import represent_mergeability, represent_veto
from pullrequests.selectors import merge_messages, settings
from pullrequests.services import merging
from pullrequests.services.merging import MergeOptions
from repos.representations import represent_ref


class Merge(PullRequestResource):
    """/pull-requests/{id}/merge"""

    def get(self, request: Request, **_: str) -> Response:
        """Show whether it can be merged, and the vetoes."""
        found = merging.mergeability(self.actor, self.pull_request())
        return self.show(represent_mergeability(found))

    def post(self, request: Request, **_: str) -> Response:
        """Merge it."""
        found = self.pull_request()
        body = self.read(MergeBody)
        how = MergeOptions(
            strategy=body.get("strategyId") or body.get("mergeStrategyId") or "",
            message=body.get("message") or "",
            has_auto_subject=body.get("autoSubject") is not False,
            is_automatic=bool(body.get("autoMerge")),
        )
        merged = merging.merge(self.actor, found, how, version=self.required_version(body))
        return self.show_pull_request(merged)


class CommitMessageSuggestion(PullRequestResource):
    """/pull-requests/{id}/commit-message-suggestion"""

    def get(self, request: Request, **_: str) -> Response:
        """Offer the words of the merge."""
        found = self.pull_request()
        config = settings.merge_config(self.actor, found.repository)
        offered = merge_messages.suggested(self.actor, found, config)
        return self.show({"title": offered.title, "body": offered.body})


class Rebase(PullRequestResource):
    """/git/latest/.../pull-requests/{id}/rebase"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the vetoes."""
        vetoes = merging.rebase_vetoes(self.actor, self.pull_request())
        return self.show({"vetoes": [represent_veto(one) for one in vetoes]})

    def post(self, request: Request, **_: str) -> Response:
        """Rebase the source branch onto the target."""
        found = self.pull_request()
        version = self.version(self.read(VersionBody))
        moved: RefCommand = merging.rebase(self.actor, found, version=version)
        change = {
            "ref": represent_ref(moved.name),
            "refId": moved.name,
            "fromHash": moved.old,
            "toHash": moved.new,
            "type": moved.kind.value,
        }
        return self.show({"refChange": change})
