"""Styles and scripts as they are served: gathered, named by their content and compressed, once for each version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# What libraries bring along and no page of ours asks for: to compress it takes longer than all the rest.
UNUSED = ["rest_framework", "htmax*", "htmx-4*", "*.map"]


def gather() -> None:
    """Collect static files into STATIC_ROOT, unless they are up to date."""
    stamp = Path(settings.STATIC_ROOT) / "made-of"
    wanted = hashlib.sha256("\n".join(sorted(_sources())).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=UNUSED)
    # Last: who is cut off before gathers again.
    stamp.write_text(wanted)


def _sources() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list(UNUSED):
            found = Path(storage.path(name)).stat()
            yield f"{name} {found.st_size} {found.st_mtime_ns}"
