"""The effective pull request settings: of the repository, else of the project, else of the site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.actor import Actor
from core.errors import Unauthenticated
from gitengine.merge_strategies import Strategy
from pullrequests.models import PullRequestSettings
from repos.models import Project, Repository

TITLE = "Pull request #${id}: ${title}"
BODY = "Merge in ${toProjectKey}/${toRepoSlug} from ${crossRepoProjectRepo}${fromRefName} to ${toRefName}"
USUAL_SUMMARIES = 20


@dataclass(frozen=True)
class MergeConfig:
    """The ways to merge, the usual one first asked for, and the words of the commit; `source` says whose they are."""

    strategies: tuple[Strategy, ...] = (
        Strategy.NO_FF,
        Strategy.FF,
        Strategy.FF_ONLY,
        Strategy.SQUASH,
        Strategy.REBASE_NO_FF,
        Strategy.REBASE_FF_ONLY,
        Strategy.SQUASH_FF_ONLY,
    )
    default: Strategy = Strategy.NO_FF
    summaries: int = USUAL_SUMMARIES
    title: str = TITLE
    body: str = BODY
    source: str = "DEFAULT"


@dataclass(frozen=True)
class MergeCheckSettings:
    """What is asked for before a merge."""

    required_approvals: int = 0
    required_builds: int = 0
    needs_all_approvals: bool = False
    needs_all_tasks: bool = False
    needs_no_objection: bool = False
    resets_approvals: bool = False


def merge_config(actor: Actor, place: Project | Repository | None) -> MergeConfig:
    """The ways to merge that hold for a place."""
    for row in _rows(place):
        if row.strategies is not None:
            return _config_of(row)
    return MergeConfig()


def checks(actor: Actor, place: Project | Repository | None) -> MergeCheckSettings:
    """The checks that hold for a place, each from the nearest that says something."""
    found: dict[str, Any] = {}
    for row in _rows(place):
        for name in MergeCheckSettings.__dataclass_fields__:
            value = getattr(row, name)
            if value is not None:
                found.setdefault(name, value)
    return MergeCheckSettings(**found)


def require_person(actor: Actor) -> None:
    """Refuse who did not say who they are."""
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")


def own(actor: Actor, place: Project | Repository | None) -> PullRequestSettings | None:
    """What a place says of its own."""
    return next((row for row in _rows(place) if _is_of(row, place)), None)


def _rows(place: Project | Repository | None) -> Iterable[PullRequestSettings]:
    """The rows that hold for a place, nearest first."""
    rows = PullRequestSettings.objects.filter(project=None, repository=None)
    if isinstance(place, Repository):
        rows |= PullRequestSettings.objects.filter(repository=place)
        rows |= PullRequestSettings.objects.filter(project=place.project_id)
    elif isinstance(place, Project):
        rows |= PullRequestSettings.objects.filter(project=place)
    return sorted(rows, key=lambda row: (row.repository_id is None, row.project_id is None))


def _is_of(row: PullRequestSettings, place: Project | Repository | None) -> bool:
    if isinstance(place, Repository):
        return row.repository_id == place.pk
    if isinstance(place, Project):
        return row.project_id == place.pk
    return row.repository_id is None and row.project_id is None


def _config_of(row: PullRequestSettings) -> MergeConfig:
    is_repository, is_project = row.repository_id is not None, row.project_id is not None
    return MergeConfig(
        strategies=tuple(Strategy(one) for one in row.strategies or ()),
        default=Strategy(row.default_strategy),
        summaries=USUAL_SUMMARIES if row.commit_summaries is None else row.commit_summaries,
        title=row.title_template or TITLE,
        body=row.body_template if row.title_template else BODY,
        source="REPOSITORY" if is_repository else "PROJECT" if is_project else "DEFAULT",
    )
