"""`manage.py compatibility`: which of Bitbucket's REST operations we serve, read from the URL tables."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import URLPattern, URLResolver, get_resolver

OPERATIONS = settings.BASE_DIR / "docs" / "bitbucket-operations.tsv"
PAGE = settings.BASE_DIR / "docs" / "compatibility.md"
METHODS = ("get", "post", "put", "delete")

_PLACEHOLDER = re.compile(r"<[^>]*>|\{[^}]*\}")
# One module has its version in the reference; all versions are one API.
_NUMBERED_VERSION = re.compile(r"^(/rest/[^/]+)/\d+\.\d+/")
# Some paths of the reference have lost the slash before their last part.
_LOST_SLASH = re.compile(r"(?<=[a-z])\{")


class Command(BaseCommand):
    """Write docs/compatibility.md, or say whether it is true."""

    help = "Writes docs/compatibility.md from the URL tables; with --check, fails if it is out of date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --check."""
        parser.add_argument("--check", action="store_true", help="write nothing, only compare")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Write or compare."""
        page = written_page()
        if check:
            if not PAGE.exists() or PAGE.read_text() != page:
                raise CommandError(
                    "docs/compatibility.md is out of date: run manage.py compatibility"
                )
            return
        Path(PAGE).write_text(page)


def written_page() -> str:
    """Give the page: a count, then every operation below its module, done or not yet."""
    served = set(served_operations())
    groups: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for method, path in bitbucket_operations():
        module = path.split("/")[2] if path.startswith("/rest/") else path.split("/")[1]
        groups[module].append((method, path, (method, _shape(path)) in served))
    every = [one for group in groups.values() for one in group]
    done = sum(is_done for _, _, is_done in every)
    lines = [
        "# Compatibility",
        "",
        f"Bitbucket's REST reference lists {len(every)} operations; **{done} are done**, {len(every) - done} are not yet.",
        "This page is written by `manage.py compatibility` from the URL tables, and a test keeps it true.",
        "",
        "| Module | Done | Of |",
        "| --- | ---: | ---: |",
        *(
            f"| {module} | {sum(is_done for _, _, is_done in group)} | {len(group)} |"
            for module, group in sorted(groups.items())
        ),
    ]
    for module, group in sorted(groups.items()):
        lines += ["", f"## {module}", "", "| Method | Path | |", "| --- | --- | --- |"]
        lines += [
            f"| {method} | `{path}` | {'done' if is_done else 'not yet'} |"
            for method, path, is_done in group
        ]
    return "\n".join(lines) + "\n"


def bitbucket_operations() -> list[tuple[str, str]]:
    """Give every operation of Bitbucket: its method and its path, placeholders in braces."""
    rows = OPERATIONS.read_text().splitlines()
    return [(method, path) for method, path in (row.split("\t") for row in rows)]


def served_operations() -> Iterator[tuple[str, str]]:
    """Give every operation that we serve: its method and the shape of its path."""
    for route, view in _routes(get_resolver().url_patterns, ""):
        view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
        for method in METHODS:
            if view_class is not None and hasattr(view_class, method):
                yield method.upper(), _shape("/" + route.replace("<version:version>", "latest"))


def _routes(patterns: list[Any], start: str) -> Iterator[tuple[str, Any]]:
    for one in patterns:
        route = start + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route, one.callback


def _shape(path: str) -> str:
    path = _NUMBERED_VERSION.sub(r"\1/latest/", path)
    return _PLACEHOLDER.sub("{}", _LOST_SLASH.sub("/{", path))
