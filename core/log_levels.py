"""How much is logged, changed while the server runs: a file in the home, which every process looks at."""

from __future__ import annotations

import logging
import time

from django.conf import settings

# By Bitbucket's names, which are those of Java.
LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
}
OTHER_NAMES = {"WARNING": "WARN", "FATAL": "ERROR", "CRITICAL": "ERROR"}
EACH_SECONDS = 1.0

_looked_at = 0.0
# What this process does; None as long as it does as it was started.
_applied: str | None = None


def known(name: str) -> str | None:
    """A level by Bitbucket's name; None for what is none."""
    name = name.strip().upper()
    name = OTHER_NAMES.get(name, name)
    return name if name in LEVELS else None


def read() -> str:
    """Return the current log level: from the file, else from the environment."""
    try:
        found = known(settings.LOG_LEVEL_FILE.read_text()[:20])
    except OSError:
        found = None
    return found or _from_start()


def write(name: str) -> None:
    """Log so much from now on; other processes follow within a second of their next work."""
    settings.LOG_LEVEL_FILE.write_text(f"{name}\n")
    _apply()


def follow() -> None:
    """Do as the file says; costs nothing if it was looked at just now."""
    if time.monotonic() - _looked_at > EACH_SECONDS:
        _apply()


def _apply() -> None:
    global _applied, _looked_at
    _looked_at = time.monotonic()
    wanted = read()
    if wanted != (_applied or _from_start()):
        logging.getLogger().setLevel(LEVELS[wanted])
        _applied = wanted


def _from_start() -> str:
    return known(str(settings.LOGGING["root"]["level"])) or "INFO"
