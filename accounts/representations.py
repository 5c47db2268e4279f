"""Users and groups as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from accounts.models import Group, User
from core import links


def represent_user(user: User) -> dict[str, Any]:
    """A user as Bitbucket shows them to people who are signed in."""
    return {
        "name": user.name,
        "emailAddress": user.email_address,
        "active": user.is_active,
        "displayName": user.display_name,
        "id": user.pk,
        "slug": user.slug,
        "type": user.type,
        "links": {"self": [{"href": links.absolute(f"/users/{links.segment(user.slug)}")}]},
    }


def represent_group(group: Group) -> dict[str, Any]:
    """A group where only its name matters."""
    return {"name": group.name}
