"""Keeps the memory of processes with many threads small, where the C library is glibc."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

# mallopt(3): glibc makes up to eight arenas for each core, and each keeps what its threads freed.
_M_ARENA_MAX = -8
_MOST_ARENAS = 2

_libc = ctypes.CDLL(None)
_mallopt: Callable[..., Any] | None = getattr(_libc, "mallopt", None)
_malloc_trim: Callable[..., Any] | None = getattr(_libc, "malloc_trim", None)


def limit_arenas() -> None:
    """Let all threads of this process, and of what it forks, share two arenas; before they are started."""
    if _mallopt is not None:
        _mallopt(_M_ARENA_MAX, _MOST_ARENAS)


def release_free_memory() -> None:
    """Give what was freed back to the system; takes milliseconds, in which Python goes on."""
    if _malloc_trim is not None:
        _malloc_trim(ctypes.c_size_t(0))
