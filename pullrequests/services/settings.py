"""Say how pull requests of a place are merged, and what is asked for before."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from django.db import transaction

from accounts import access as site_access
from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Invalid
from gitengine.merge_strategies import Strategy
from pullrequests.events import PullRequestSettingsChanged
from pullrequests.models import PullRequestSettings
from repos.errors import RepositoryArchived
from repos.models import Project, Repository
from repos.selectors import restrictions as places

LONGEST_TEMPLATE = 4096
MOST_REQUIRED = 100
MOST_SUMMARIES = 100

Place = Project | Repository | None


@dataclass(frozen=True)
class MergeConfigChanges:
    """The ways to merge as they are to be; None of the words leaves them as they are."""

    strategies: tuple[str, ...]
    default: str
    summaries: int | None = None
    title: str | None = None
    body: str | None = None


@dataclass(frozen=True)
class MergeCheckChanges:
    """What is to be asked for; None leaves as it is."""

    required_approvals: int | None = None
    required_builds: int | None = None
    needs_all_approvals: bool | None = None
    needs_all_tasks: bool | None = None
    needs_no_objection: bool | None = None
    resets_approvals: bool | None = None


def set_config(actor: Actor, place: Place, wanted: MergeConfigChanges | None) -> None:
    """Say the ways to merge, or with None let those of the place above hold."""
    _require(actor, place)
    if wanted is None:
        _write(
            actor,
            place,
            {
                "strategies": None,
                "default_strategy": "",
                "commit_summaries": None,
                "title_template": "",
                "body_template": "",
            },
        )
        return
    names = [one.value for one in Strategy]
    for name in (*wanted.strategies, wanted.default):
        if name not in names:
            raise Invalid(
                f'"{name[:40]}" is no merge strategy; there are {", ".join(names)}.',
                context="mergeConfig",
            )
    if wanted.default not in wanted.strategies:
        raise Invalid("The default strategy must be one that is enabled.", context="mergeConfig")
    if wanted.summaries is not None and wanted.summaries > MOST_SUMMARIES:
        raise Invalid(
            f"At most {MOST_SUMMARIES} commit summaries can be included.", context="commitSummaries"
        )
    columns: dict[str, object] = {
        # In our order, each once.
        "strategies": [name for name in names if name in wanted.strategies],
        "default_strategy": wanted.default,
        "commit_summaries": wanted.summaries,
    }
    if wanted.title is not None:
        for text in (wanted.title, wanted.body or ""):
            if len(text) > LONGEST_TEMPLATE:
                raise Invalid("The template is too long.", context="commitMessageTemplate")
        columns |= {"title_template": wanted.title, "body_template": wanted.body or ""}
    _write(actor, place, columns)


def set_checks(actor: Actor, place: Place, wanted: MergeCheckChanges) -> None:
    """Say what is asked for before a merge."""
    _require(actor, place)
    columns = {
        one.name: getattr(wanted, one.name)
        for one in fields(MergeCheckChanges)
        if getattr(wanted, one.name) is not None
    }
    for name in ("required_approvals", "required_builds"):
        if columns.get(name, 0) > MOST_REQUIRED:
            raise Invalid(f"At most {MOST_REQUIRED} can be required.", context=name)
    if columns:
        _write(actor, place, columns)


def forget_checks(actor: Actor, place: Place) -> None:
    """Let the checks of the place above hold."""
    _require(actor, place)
    _write(actor, place, {one.name: None for one in fields(MergeCheckChanges)})


def _require(actor: Actor, place: Place) -> None:
    if place is None:
        site_access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
        return
    places.require_administrator(actor, place)
    if isinstance(place, Repository) and place.is_archived:
        raise RepositoryArchived(str(place))


def _write(actor: Actor, place: Place, columns: dict[str, object]) -> None:
    own: dict[str, Any] = {
        "project": place if isinstance(place, Project) else None,
        "repository": place if isinstance(place, Repository) else None,
    }
    with transaction.atomic():
        # Two may say the first of it at once: one makes the row, then each has it alone.
        key = PullRequestSettings.objects.get_or_create(**own)[0].pk
        row = PullRequestSettings.objects.select_for_update().get(pk=key)
        old = {name: getattr(row, name) for name in columns}
        for name, value in columns.items():
            setattr(row, name, value)
        row.save()
        changed = {name: value for name, value in columns.items() if old[name] != value}
        if changed:
            before = {name: old[name] for name in changed}
            events.publish(PullRequestSettingsChanged(actor, place, before, changed))
