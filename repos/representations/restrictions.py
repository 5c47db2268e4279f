"""Branch permissions as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from accounts.representations import represent_ssh_key, represent_user_with_address
from repos.matchers import NAMES, Matcher, MatcherType
from repos.models import RefRestriction


def represent_restriction(row: RefRestriction) -> dict[str, Any]:
    """A rule, whose it is, and who is exempt."""
    is_project = row.project_id is not None
    return {
        "id": row.pk,
        "scope": {
            "type": "PROJECT" if is_project else "REPOSITORY",
            "resourceId": row.project_id if is_project else row.repository_id,
        },
        "type": row.kind,
        "matcher": represent_matcher(Matcher(MatcherType(row.matcher_type), row.matcher_id)),
        "users": [represent_user_with_address(user) for user in row.users.all()],
        "groups": [group.name for group in row.groups.all()],
        "accessKeys": [{"key": represent_ssh_key(key)} for key in row.access_keys.all()],
    }


def represent_matcher(matcher: Matcher) -> dict[str, Any]:
    """What a rule is about."""
    return {
        "id": matcher.id,
        "displayId": matcher.display_id,
        "type": {"id": matcher.type.value, "name": NAMES[matcher.type]},
        "active": True,
    }
