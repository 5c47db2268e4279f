"""Rows about people: users, groups, what they may on the whole site, and failed sign-ins."""

from accounts.models.throttle import FailedSignIns
from accounts.models.users import GlobalGrant, Group, User

__all__ = ["FailedSignIns", "GlobalGrant", "Group", "User"]
