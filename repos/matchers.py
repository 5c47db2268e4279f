"""Which refs a rule is about: one branch, a pattern, what the branch model names, or any. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from gitengine import refs


class MatcherType(enum.Enum):
    """The kinds of matchers, by Bitbucket's names."""

    ANY_REF = "ANY_REF"
    BRANCH = "BRANCH"
    PATTERN = "PATTERN"
    MODEL_BRANCH = "MODEL_BRANCH"
    MODEL_CATEGORY = "MODEL_CATEGORY"


NAMES = {
    MatcherType.ANY_REF: "Any ref",
    MatcherType.BRANCH: "Branch",
    MatcherType.PATTERN: "Pattern",
    MatcherType.MODEL_BRANCH: "Branching model branch",
    MatcherType.MODEL_CATEGORY: "Branching model category",
}
ANY_REF_ID = "ANY_REF_MATCHER_ID"
MODEL_BRANCHES = {"development": "Development", "production": "Production"}


@dataclass(frozen=True)
class BranchModelNames:
    """What a repository's branch model says of names: the long-lived branches, and the type of any other."""

    development: str
    production: str
    category_of: Callable[[str], str]


@dataclass(frozen=True)
class Matcher:
    """A rule's refs; what `id` says depends on the type."""

    type: MatcherType
    id: str

    @property
    def display_id(self) -> str:
        """What people read."""
        if self.type is MatcherType.ANY_REF:
            return "ANY_REF_MATCHER"
        if self.type is MatcherType.MODEL_BRANCH:
            return MODEL_BRANCHES[self.id.lower()]
        if self.type is MatcherType.MODEL_CATEGORY:
            return self.id.capitalize()
        return self.id.removeprefix(refs.BRANCHES)

    def matches(self, ref: str, names: BranchModelNames) -> bool:
        """Whether the rule is about this ref, by its full name."""
        if self.type is MatcherType.ANY_REF:
            return True
        if self.type is MatcherType.BRANCH:
            return ref == self.id
        if self.type is MatcherType.PATTERN:
            return fits(self.id, ref)
        if not ref.startswith(refs.BRANCHES):
            return False
        if self.type is MatcherType.MODEL_BRANCH:
            is_development = self.id.lower() == "development"
            return ref == (names.development if is_development else names.production)
        return names.category_of(ref) == self.id


def fits(pattern: str, ref: str) -> bool:
    """Whether a pattern finds a ref: `?` a sign, `*` signs, `**` folders; it may begin at any folder.

    Source: Bitbucket's "Branch permission patterns". A pattern that ends with a slash means all below.
    Never slower than the product of both lengths.
    """
    parts = (
        [part for part in f"{pattern}**".split("/")]
        if pattern.endswith("/")
        else pattern.split("/")
    )
    return _fit_folders(["**", *filter(None, parts)], ref.split("/"))


def _fit_folders(pattern: list[str], name: list[str]) -> bool:
    # reached[i]: the part of the pattern looked at so far fits the first i folders.
    reached = [True] + [False] * len(name)
    for part in pattern:
        if part == "**":
            first = next((index for index, here in enumerate(reached) if here), len(reached))
            reached = [index >= first for index in range(len(reached))]
            continue
        reached = [False] + [
            reached[index] and _fit(part, folder) for index, folder in enumerate(name)
        ]
    return reached[-1]


def _fit(pattern: str, text: str) -> bool:
    """Fit `*` and `?` by going back to the last star alone."""
    at = position = 0
    star, mark = -1, 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:
            mark += 1
            at, position = star + 1, mark
        else:
            return False
    return all(sign == "*" for sign in pattern[at:])
