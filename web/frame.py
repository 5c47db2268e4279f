"""What every page shows around its content: who is signed in, what they may create, theme, versions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import selectors as people
from accounts.permissions import Permission
from core import site

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates the actor and what stands in the frame."""
    actor = request.actor  # type: ignore[attr-defined]
    held = people.abilities(actor)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "actor": actor,
        "may_create_projects": Permission.PROJECT_CREATE in held,
        "may_administer_site": Permission.ADMIN in held,
        "site_name": site.read(site.DISPLAY_NAME),
        "theme": theme if theme in THEMES else "",
        "product_version": settings.PRODUCT_VERSION,
        "bitbucket_version": settings.BITBUCKET_VERSION["version"],
    }
