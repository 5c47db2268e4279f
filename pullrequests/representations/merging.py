"""Whether a pull request can be merged, and how, as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from pullrequests.selectors.mergeability import Mergeability, Veto


def represent_mergeability(found: Mergeability) -> dict[str, Any]:
    """Whether a pull request can be merged, and the vetoes."""
    return {
        "canMerge": found.may_merge,
        "conflicted": found.is_conflicted,
        "outcome": found.outcome.value,
        "vetoes": [represent_veto(one) for one in found.vetoes],
    }


def represent_veto(veto: Veto) -> dict[str, str]:
    """One reason against."""
    return {"summaryMessage": veto.summary, "detailedMessage": veto.detail}
