"""What clients are told while the database is not available."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError

from core.errors import Unavailable

logger = logging.getLogger(__name__)

DATABASE_IS_AWAY = (OperationalError, InterfaceError)
SENTENCE = (
    "The database is not available at the moment. Nothing was changed. Try again in a moment."
)


def refusal_of(error: BaseException | None) -> Unavailable | None:
    """Return the refusal for an exception that the database outage caused, else None."""
    if not isinstance(error, DATABASE_IS_AWAY):
        return None
    logger.error("the database does not answer: %s", str(error).strip().splitlines()[:1])
    return Unavailable(SENTENCE)
