"""What other apps know of branches: each registers a provider, asked once for a whole page of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from accounts.actor import Actor
from repos.models import Repository
from repos.selectors.ref_types import Branch

# Gives, by the full names of branches, what is shown as metadata; a branch may be left out.
Provider = Callable[[Actor, Repository, Sequence[Branch]], Mapping[str, Any]]

PROVIDERS: dict[str, Provider] = {}
"""By the key under which clients find it in a branch's `metadata`."""


def provider(key: str) -> Callable[[Provider], Provider]:
    """Register a function as the provider of this key."""

    def register(function: Provider) -> Provider:
        PROVIDERS[key] = function
        return function

    return register


def of(
    actor: Actor, repository: Repository, branches: Sequence[Branch]
) -> dict[str, dict[str, Any]]:
    """Ask every provider once; gives the metadata by the full name of the branch."""
    found: dict[str, dict[str, Any]] = {branch.name: {} for branch in branches}
    if branches:
        for key, ask in PROVIDERS.items():
            for name, value in ask(actor, repository, branches).items():
                found[name][key] = value
    return found
