"""JSON as it goes over the wire, to REST clients and webhooks alike."""

from __future__ import annotations

from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """Serialize to JSON; characters that are not valid UTF-8 become replacement characters."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return orjson.dumps(_without_surrogates(value), option=orjson.OPT_NON_STR_KEYS)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        except UnicodeEncodeError:
            return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {
            _without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_surrogates(inner) for inner in value]
    return value
