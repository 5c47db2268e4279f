"""Rows about people: users, groups, secrets, what they may on the whole site, and failed sign-ins."""

from accounts.models.keys import SshKey
from accounts.models.oauth import (
    OAuthAccessToken,
    OAuthApplication,
    OAuthAuthorisation,
    OAuthRefreshToken,
)
from accounts.models.profiles import UserAvatar, UserSettings
from accounts.models.rate_limits import RateLimit, RefusedRequests
from accounts.models.secrets import AccessToken, AppPassword, Secret
from accounts.models.sessions import Session
from accounts.models.throttle import SignInAttempts
from accounts.models.users import GlobalGrant, Group, User

__all__ = [
    "AccessToken",
    "AppPassword",
    "GlobalGrant",
    "Group",
    "OAuthAccessToken",
    "OAuthApplication",
    "OAuthAuthorisation",
    "OAuthRefreshToken",
    "RateLimit",
    "RefusedRequests",
    "Secret",
    "Session",
    "SignInAttempts",
    "SshKey",
    "User",
    "UserAvatar",
    "UserSettings",
]
