"""What every page shows around its content: who is signed in, what they may create, theme, versions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe

from accounts import selectors as people
from accounts.permissions import Permission
from core import site_settings
from infrastructure import markup
from web.frame.requests import WebRequest

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
SIDEBAR_COOKIE = "sidebar"
WRAP_COOKIE = "wrap"
SHORTCUTS_COOKIE = "shortcuts"


def frame(request: WebRequest) -> dict[str, Any]:
    """Context processor with the actor and the content of the page frame."""
    actor = request.actor
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
        "warns_of_passwords": site_settings.read(site_settings.BASIC_PASSWORDS_BLOCKED)
        and site_settings.read(site_settings.BASIC_WARNING_SHOWN),
        "site_name": site_settings.read(site_settings.DISPLAY_NAME),
        "has_narrow_sidebar": request.COOKIES.get(SIDEBAR_COOKIE) == "narrow",
        "wraps_lines": request.COOKIES.get(WRAP_COOKIE) == "on",
        "has_shortcuts": request.COOKIES.get(SHORTCUTS_COOKIE) != "off",
        "theme": theme if theme in THEMES else "",
        "product_version": settings.PRODUCT_VERSION,
        "bitbucket_version": settings.BITBUCKET_VERSION["version"],
    }


def inside(address: str) -> str:
    """Give the address if it leads into this site, else the dashboard."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    if is_path and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return reverse("dashboard")
