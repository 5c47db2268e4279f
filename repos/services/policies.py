"""Say whom the site lets archive and delete repositories."""

from __future__ import annotations

from accounts import access as site_access
from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from accounts.services import site_administration
from core.errors import Invalid
from repos.policies import CHOICES, PolicyAction


def set_needed(actor: Actor, act: PolicyAction, name: str) -> Permission:
    """Set the permission that an action requires; raises Invalid unless it is one of the four."""
    site_access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    found = next((one for one in CHOICES if one.name == name.strip().upper()), None)
    if found is None:
        names = ", ".join(one.name for one in CHOICES)
        raise Invalid(f"The permission must be one of {names}.", context="permission")
    site_administration.write(actor, {act.value: found.name})
    return found
