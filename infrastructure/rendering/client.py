"""Ask for a rendering: short texts in this process, others in a rendering process, each once.

What a text became is cached by all that it was made from, and so is that it was too complex. None is
given for what stays plain: too complex, or everybody is busy; the caller shows the text as it is.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import os
import threading
from collections import OrderedDict
from concurrent.futures import Future
from hashlib import sha256
from typing import Any, cast

from django.conf import settings

from core import metrics, request_ids
from infrastructure.rendering import highlight, slow_lexers
from infrastructure.rendering.highlight import Pieces
from infrastructure.rendering.markdown import LinkContext, MarkdownOptions
from infrastructure.rendering.pool import Pool, PoolBusy, TooComplex
from infrastructure.rendering.tasks import TASKS
from infrastructure.result_cache import cached

logger = logging.getLogger(__name__)

MOST_CHARACTERS_OF_MARKDOWN = 300_000
MOST_CHARACTERS_OF_CODE = 200_000
# So short that the worst that is known takes milliseconds.
SHORT = 400
# A page with many hostile texts is not kept waiting for each of them.
MOST_FAILURES_A_REQUEST = 2
REQUESTS_KEPT = 1_000
# Counts up when texts are rendered otherwise.
EDITION = 2


def markdown(text: str, manner: MarkdownOptions, surroundings: LinkContext) -> str | None:
    """Give a text in Markdown as safe HTML; None where it is to be shown as it was written."""
    arguments = {
        "text": text[:MOST_CHARACTERS_OF_MARKDOWN],
        "manner": dataclasses.asdict(manner),
        "surroundings": dataclasses.asdict(surroundings),
    }
    return cast(str | None, _render("markdown", arguments, in_place=len(text) <= SHORT))


def highlighted_lines(text: str, name: str) -> list[str] | None:
    """Give the lines of a file called `name` as HTML; None where they are to be shown without colours."""
    lexer = highlight.lexer_of(name)
    if lexer is None or len(text) > MOST_CHARACTERS_OF_CODE:
        return None
    arguments = {"text": text, "name": name}
    in_place = len(text) <= SHORT and lexer.name not in slow_lexers.NEVER_IN_PLACE
    return cast(list[str] | None, _render("highlighted lines", arguments, in_place=in_place))


def highlighted_pieces(blocks: list[list[str]], name: str) -> list[list[Pieces]] | None:
    """Give blocks of lines of a file in coloured pieces, each empty where it stays plain; None where all do."""
    size = sum(len(line) + 1 for block in blocks for line in block)
    lexer = highlight.lexer_of(name)
    if lexer is None or size > MOST_CHARACTERS_OF_CODE:
        return None
    arguments = {"blocks": blocks, "name": name}
    in_place = size <= SHORT and lexer.name not in slow_lexers.NEVER_IN_PLACE
    found = _render("highlighted pieces", arguments, in_place=in_place)
    return cast(list[list[Pieces]] | None, found)


def _render(task: str, arguments: dict[str, Any], *, in_place: bool) -> Any:
    if in_place:
        metrics.RENDERINGS.labels(task, "in place").inc()
        try:
            return TASKS[task](**arguments)
        except Exception:
            logger.warning("a text could not be rendered (%s)", task, exc_info=True)
            return None
    message = json.dumps({"task": task, "arguments": arguments}).encode()
    try:
        digest = sha256(message).hexdigest()
        found = cached("rendered", EDITION, digest, make=lambda: _rendered_once(task, message))
    except PoolBusy:
        metrics.RENDERINGS.labels(task, "nobody free").inc()
        return None
    return found.get("made")


def _rendered_once(task: str, message: bytes) -> dict[str, Any]:
    """Render it, or wait for another thread that does; `made` is missing from what was too complex."""
    with _flights_lock:
        flight = _flights.get(message)
        is_first = flight is None
        if flight is None:
            flight = _flights[message] = Future()
    if not is_first:
        return flight.result()
    try:
        made = _rendered(task, message)
    except BaseException as error:
        flight.set_exception(error)
        raise
    else:
        flight.set_result(made)
        return made
    finally:
        with _flights_lock:
            del _flights[message]


def _rendered(task: str, message: bytes) -> dict[str, Any]:
    request = request_ids.current()
    if _failures.of(request) >= MOST_FAILURES_A_REQUEST:
        raise PoolBusy
    try:
        answer: dict[str, Any] = json.loads(_pool(os.getpid()).run(message))
    except TooComplex:
        answer = {"error": "too complex"}
    except PoolBusy:
        _failures.count(request)
        raise
    if "error" in answer:
        _failures.count(request)
        metrics.RENDERINGS.labels(task, "too complex").inc()
        logger.warning("a text stays plain (%s): %s", task, answer["error"])
    else:
        metrics.RENDERINGS.labels(task, "done").inc()
    return answer


class _Failures:
    """How many renderings failed for each of the latest requests."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, request: str) -> int:
        return self._counts.get(request, 0) if request else 0

    def count(self, request: str) -> None:
        with self._lock:
            self._counts[request] = self._counts.get(request, 0) + 1
            if len(self._counts) > REQUESTS_KEPT:
                self._counts.popitem(last=False)


_failures = _Failures()
_flights: dict[bytes, Future[dict[str, Any]]] = {}
_flights_lock = threading.Lock()


@functools.lru_cache(maxsize=1)
def _pool(process: int) -> Pool:
    """The pool of this process: one that was made before a fork belongs to the parent."""
    return Pool(
        processes=settings.RENDER_PROCESSES,
        seconds=settings.RENDER_SECONDS,
        memory=settings.RENDER_MEMORY_BYTES,
    )
