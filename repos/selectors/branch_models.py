"""Branch models: which one is in force where, and which type of branch a name is."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from gitengine import refs
from gitengine.types import Ref
from repos import storage
from repos.errors import NoBranchModel
from repos.models import BranchModelSetting, Project, Repository
from repos.selectors.ref_types import Branch

# As Bitbucket names them, with the prefixes that it begins with.
TYPES = {
    "BUGFIX": ("Bugfix", "bugfix/"),
    "FEATURE": ("Feature", "feature/"),
    "HOTFIX": ("Hotfix", "hotfix/"),
    "RELEASE": ("Release", "release/"),
}


@dataclass(frozen=True)
class BranchType:
    """A branch type, recognized by a prefix."""

    id: str
    prefix: str
    is_enabled: bool = True

    @property
    def display_name(self) -> str:
        """The name that people read."""
        return TYPES[self.id][0]


@dataclass(frozen=True)
class LongLivedBranch:
    """Which branch development or production is: the default branch, or one by its full name."""

    ref: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class BranchModel:
    """A branch model as it is set; `place` is whose setting it is, None for the one that all begin with."""

    development: LongLivedBranch
    production: LongLivedBranch | None
    types: tuple[BranchType, ...]
    place: Project | Repository | None = None

    def category_of(self, name: str) -> BranchType | None:
        """Give the type of the branch of this short or full name."""
        short = name.removeprefix(refs.BRANCHES)
        fitting = [one for one in self.types if one.is_enabled and short.startswith(one.prefix)]
        return max(fitting, key=lambda one: len(one.prefix), default=None)

    def __str__(self) -> str:
        """Tell it in a line, for the record."""
        parts = [f"development: {self.development.ref or 'default branch'}"]
        if self.production is not None:
            parts.append(f"production: {self.production.ref or 'default branch'}")
        parts += [f"{one.id.lower()}: {one.prefix}" for one in self.types if one.is_enabled]
        return ", ".join(parts)


@dataclass(frozen=True)
class EffectiveBranchModel:
    """A branch model with the branches that it names, as far as they exist."""

    model: BranchModel
    development: Branch | None
    production: Branch | None


FIRST = BranchModel(
    LongLivedBranch(is_default=True),
    None,
    tuple(BranchType(name, prefix) for name, (_, prefix) in TYPES.items()),
)


def setting(actor: Actor, place: Project | Repository) -> BranchModel:
    """What is set for a place.

    For a repository its own, else its project's, else the one that all begin with; for a project its
    own, or NoBranchModel.
    """
    found = BranchModelSetting.objects.filter(**_held_by(place)).first()
    if found is not None:
        return _read(found, place)
    if isinstance(place, Project):
        raise NoBranchModel("No branch model is configured.")
    try:
        return setting(actor, place.project)
    except NoBranchModel:
        return FIRST


def in_force(actor: Actor, repository: Repository) -> EffectiveBranchModel:
    """The same with the branches that it names."""
    found = setting(actor, repository)
    with storage.opened(repository) as git:
        head = git.head_branch()

        def branch(which: LongLivedBranch | None) -> Branch | None:
            if which is None:
                return None
            name = head if which.is_default else which.ref
            ref: Ref | None = refs.find(git, name)
            return Branch(name, ref.target, is_default=name == head) if ref else None

        return EffectiveBranchModel(found, branch(found.development), branch(found.production))


def _held_by(place: Project | Repository) -> dict[str, int]:
    return {"project" if isinstance(place, Project) else "repository": place.pk}


def _read(row: BranchModelSetting, place: Project | Repository) -> BranchModel:
    production = LongLivedBranch(row.production_ref, row.production_is_default)
    return BranchModel(
        LongLivedBranch(row.development_ref, row.development_is_default),
        production if row.has_production else None,
        tuple(BranchType(one["id"], one["prefix"], one["enabled"]) for one in row.types),
        place,
    )
