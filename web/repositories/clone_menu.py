"""The clone menu: over HTTP or SSH, whichever this browser chose last."""

from __future__ import annotations

from typing import Any

from repos.models import Repository
from repos.representations import clone_links
from web.frame.requests import WebRequest

COOKIE = "clone_way"
WAYS = ("http", "ssh")


def context(request: WebRequest, repository: Repository) -> dict[str, Any]:
    """Give templates every way to clone, and the address of the chosen one."""
    links = {link["name"]: link["href"] for link in clone_links(repository)}
    chosen = request.COOKIES.get(COOKIE, "")
    way = chosen if chosen in links else "http"
    return {"clone_ways": links, "clone_way": way, "clone_url": links[way]}
