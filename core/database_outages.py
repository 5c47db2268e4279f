"""When the database does not answer: what is told to whoever asks, at every door alike."""

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
    """The refusal to give in the place of an accident, where the database is the reason."""
    if not isinstance(error, DATABASE_IS_AWAY):
        return None
    logger.error("the database does not answer: %s", str(error).strip().splitlines()[:1])
    return Unavailable(SENTENCE)
