"""What is shown with each branch: the pull requests that come from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actor import Actor
from accounts.permissions import Scope
from pullrequests.models import PullRequest
from pullrequests.representations import represent_pull_request
from pullrequests.selectors import pull_requests as find
from repos import access
from repos.models import Repository
from repos.selectors import branch_metadata
from repos.selectors.ref_types import Branch

KEY = "com.atlassian.bitbucket.server.bitbucket-ref-metadata:outgoing-pull-request-metadata"


@branch_metadata.provider(KEY)
def of_branches(
    actor: Actor, repository: Repository, branches: Sequence[Branch]
) -> Mapping[str, Any]:
    """The open pull request from a branch, or how many there are; the same queries however many branches."""
    if Scope.PULL_REQUEST not in actor.scopes:
        return {}
    names = [one.name for one in branches if _is_text(one.name)]
    rows = PullRequest.objects.filter(
        from_repository=repository,
        from_ref__in=names,
        state=PullRequest.State.OPEN,
        repository__in=access.visible_repositories(actor),
    )
    by_name: dict[str, list[PullRequest]] = {}
    for row in find.with_places(actor, rows.order_by("pk")):
        by_name.setdefault(row.from_ref, []).append(row)
    alone = [rows[0] for rows in by_name.values() if len(rows) == 1]
    shown = {one.pull_request.pk: one for one in find.shown(actor, alone)} if alone else {}
    with_addresses = not actor.is_anonymous
    return {
        name: {
            "pullRequest": represent_pull_request(shown[rows[0].pk], with_addresses=with_addresses)
        }
        if len(rows) == 1
        else {"open": len(rows)}
        for name, rows in by_name.items()
    }


def _is_text(name: str) -> bool:
    return name == name.encode("utf-8", "replace").decode()
