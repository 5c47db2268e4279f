"""How a place merges, what it asks for, and whom it asks, as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from accounts.representations import represent_person
from gitengine.merge_strategies import Strategy
from pullrequests.models import DefaultReviewers
from pullrequests.selectors import default_reviewers
from pullrequests.selectors.settings import MergeCheckSettings, MergeConfig
from repos.representations import represent_matcher

STRATEGIES = {
    Strategy.NO_FF: ("Merge commit", "Always create a merge commit", "--no-ff"),
    Strategy.FF: (
        "Fast-forward",
        "If the source branch is out of date with the target branch, create a merge commit. "
        "Otherwise, update the target branch to the latest commit on the source branch.",
        "--ff",
    ),
    Strategy.FF_ONLY: (
        "Fast-forward only",
        "If the source branch is out of date with the target branch, reject the merge request. "
        "Otherwise, update the target branch to the latest commit on the source branch.",
        "--ff-only",
    ),
    Strategy.REBASE_NO_FF: (
        "Rebase and merge",
        "Rebase commits from the source branch onto the target branch, and create a merge commit.",
        "rebase + merge --no-ff",
    ),
    Strategy.REBASE_FF_ONLY: (
        "Rebase and fast-forward",
        "Rebase commits from the source branch onto the target branch, and fast-forward it.",
        "rebase + merge --ff-only",
    ),
    Strategy.SQUASH: (
        "Squash",
        "Combine all commits into one new non-merge commit on the target branch.",
        "--squash",
    ),
    Strategy.SQUASH_FF_ONLY: (
        "Squash, fast-forward only",
        "If the source branch is out of date with the target branch, reject the merge request. "
        "Otherwise, combine all commits into one new non-merge commit on the target branch.",
        "--squash --ff-only",
    ),
}
HOOKS = "com.atlassian.bitbucket.server.bitbucket-bundled-hooks"


def represent_merge_config(config: MergeConfig) -> dict[str, Any]:
    """The ways to merge, each with whether it is enabled."""
    return {
        "defaultStrategy": _strategy(config.default, is_enabled=True),
        "strategies": [_strategy(one, is_enabled=one in config.strategies) for one in Strategy],
        "type": config.source,
        "commitSummaries": config.summaries,
        "commitMessageTemplate": {"title": config.title, "body": config.body},
    }


def represent_settings(config: MergeConfig, checks: MergeCheckSettings) -> dict[str, Any]:
    """The effective pull request settings of a repository, in all forms that clients know."""
    approvals = {"enabled": checks.required_approvals > 0, "count": str(checks.required_approvals)}
    builds = {"enabled": checks.required_builds > 0, "count": str(checks.required_builds)}
    return {
        "mergeConfig": represent_merge_config(config),
        "requiredApprovers": approvals,
        f"{HOOKS}:requiredApproversMergeHook": approvals,
        "requiredSuccessfulBuilds": builds,
        "requiredAllApprovers": checks.needs_all_approvals,
        "requiredAllTasksComplete": checks.needs_all_tasks,
        "needsWork": checks.needs_no_objection,
        "unapproveOnUpdate": checks.resets_approvals,
    }


def represent_condition(row: DefaultReviewers, *, with_addresses: bool) -> dict[str, Any]:
    """Whom a place asks by default, and when."""
    is_project = row.project_id is not None
    return {
        "id": row.pk,
        "scope": {
            "type": "PROJECT" if is_project else "REPOSITORY",
            "resourceId": row.project_id if is_project else row.repository_id,
        },
        "sourceRefMatcher": represent_matcher(default_reviewers.source_matcher(row)),
        "targetRefMatcher": represent_matcher(default_reviewers.target_matcher(row)),
        "reviewers": [
            represent_person(user, with_addresses=with_addresses) for user in row.reviewers.all()
        ],
        "reviewerGroups": [],
        "requiredApprovals": row.required_approvals,
    }


def _strategy(strategy: Strategy, *, is_enabled: bool) -> dict[str, Any]:
    name, description, flag = STRATEGIES[strategy]
    return {
        "id": strategy.value,
        "name": name,
        "description": description,
        "flag": flag,
        "enabled": is_enabled,
        "links": {},
    }
