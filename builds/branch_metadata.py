"""What is shown with each branch: how the builds of its latest commit went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actor import Actor
from builds import selectors as find
from builds.representations import represent_summary
from repos.models import Repository
from repos.selectors import branch_metadata
from repos.selectors.ref_types import Branch

KEY = "com.atlassian.bitbucket.server.bitbucket-build:build-status-metadata"


@branch_metadata.provider(KEY)
def of_branches(
    actor: Actor, repository: Repository, branches: Sequence[Branch]
) -> Mapping[str, Any]:
    """Count the builds of each branch's latest commit; one query for all."""
    found = find.summaries(actor, repository, {one.commit_id for one in branches})
    return {
        one.name: represent_summary(found[one.commit_id])
        for one in branches
        if one.commit_id in found
    }
