"""What every page shows around its content: who is signed in, what they may create, theme, versions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import mark_safe

from accounts import selectors as people
from accounts.permissions import Permission
from core import markup, site

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates the actor and what stands in the frame."""
    actor = request.actor  # type: ignore[attr-defined]
    held = people.abilities(actor)
    banner = people.banner(actor)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "actor": actor,
        "may_create_projects": Permission.PROJECT_CREATE in held,
        "may_administer_site": Permission.ADMIN in held,
        "banner": mark_safe(markup.render_line(banner["message"]))
        if banner and banner["enabled"]
        else "",
        "warns_of_passwords": site.read(site.BASIC_PASSWORDS_BLOCKED)
        and site.read(site.BASIC_WARNING_SHOWN),
        "site_name": site.read(site.DISPLAY_NAME),
        "theme": theme if theme in THEMES else "",
        "product_version": settings.PRODUCT_VERSION,
        "bitbucket_version": settings.BITBUCKET_VERSION["version"],
    }
