"""The push log and branch models as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from accounts.representations import represent_user_with_address
from gitengine.types import RefChangeKind
from repos.models import Project, Push, RefChange
from repos.representations.contents import represent_branch, represent_ref
from repos.selectors.branch_models import BranchModel, EffectiveBranchModel, LongLivedBranch


def represent_ref_change(change: RefChange, repository: dict[str, Any]) -> dict[str, Any]:
    """A ref that moved, with the repository in its JSON form."""
    shown: dict[str, Any] = {
        "id": change.pk,
        "createdDate": int(change.push.created_at.timestamp() * 1000),
        "refChange": {
            "ref": represent_ref(change.ref),
            "refId": change.ref,
            "fromHash": change.old_id,
            "toHash": change.new_id,
            "type": change.kind,
        },
        "repository": repository,
        "trigger": _trigger(change),
    }
    if change.push.user is not None:
        shown["user"] = represent_user_with_address(change.push.user)
    return shown


def _trigger(change: RefChange) -> str:
    """Name what moved it as Bitbucket's hooks do."""
    reason = change.push.reason
    if reason in {Push.Reason.BRANCH, Push.Reason.TAG}:
        is_gone = change.kind == RefChangeKind.DELETE.value
        return f"{reason.lower()}-{'delete' if is_gone else 'create'}"
    return {Push.Reason.EDIT: "file-edit", Push.Reason.MERGE: "pull-request-merge"}.get(
        Push.Reason(reason), "push"
    )


def represent_branch_model(found: EffectiveBranchModel) -> dict[str, Any]:
    """A branch model in force: its long-lived branches as far as they exist, its types that are enabled."""
    shown: dict[str, Any] = {}
    if found.development is not None:
        shown["development"] = represent_branch(found.development)
    if found.production is not None:
        shown["production"] = represent_branch(found.production)
    shown["types"] = [
        {"id": one.id, "displayName": one.display_name, "prefix": one.prefix}
        for one in found.model.types
        if one.is_enabled
    ]
    return shown


def represent_branch_model_setting(model: BranchModel) -> dict[str, Any]:
    """A branch model as it is set, and where."""
    shown: dict[str, Any] = {"development": _long_lived(model.development)}
    if model.production is not None:
        shown["production"] = _long_lived(model.production)
    shown["types"] = [
        {
            "id": one.id,
            "displayName": one.display_name,
            "enabled": one.is_enabled,
            "prefix": one.prefix,
        }
        for one in model.types
    ]
    if model.place is not None:
        kind = "PROJECT" if isinstance(model.place, Project) else "REPOSITORY"
        shown["scope"] = {"type": kind, "resourceId": model.place.pk}
    return shown


def _long_lived(which: LongLivedBranch) -> dict[str, Any]:
    return {"refId": which.ref or None, "useDefault": which.is_default}
