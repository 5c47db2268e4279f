"""Try every lexer of Pygments with hostile input, and print which take how little of it in half a second.

Run it as `python -m tests.availability.survey_lexers`; it takes a quarter of an hour. Who reads no more
than 1,000 characters stands in `infrastructure/rendering/slow_lexers.py`.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from typing import Any

from pygments.lexers import find_lexer_class_by_name, get_all_lexers

from infrastructure.rendering.client import MOST_CHARACTERS_OF_CODE
from tests.availability.hostile import text

FIRST = 2_000
LONGEST_SECONDS = 0.5
WORST_PIECES = 4


def seconds_of(lexer: Any, content: str) -> float:
    """Processor seconds that a lexer takes for a text, in a process of its own; infinite for too many."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, 2 * LONGEST_SECONDS)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        try:
            for _ in lexer.get_tokens(content):
                pass
        except Exception as error:  # what a lexer raises is no matter of time
            print(f"{lexer.name}: {error!r}", file=sys.stderr)
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        os.write(write, str(taken).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return float(told) if told else float("inf")


def most_characters(name: str) -> tuple[str, int]:
    """How many characters this lexer reads in half a second, whatever they are, in powers of two."""
    lexer = find_lexer_class_by_name(name)(stripnl=False, ensurenl=False)
    size = FIRST
    taken = {piece: seconds_of(lexer, text.repeated(piece, size)) for piece in text.SOURCE}
    worst = sorted(taken, key=taken.__getitem__, reverse=True)[:WORST_PIECES]
    if max(taken.values()) > LONGEST_SECONDS:
        while size > 64 and any(
            seconds_of(lexer, text.repeated(piece, size)) > LONGEST_SECONDS for piece in worst
        ):
            size //= 2
        return lexer.name, size
    while size < MOST_CHARACTERS_OF_CODE:
        bigger = min(2 * size, MOST_CHARACTERS_OF_CODE)
        if any(
            seconds_of(lexer, text.repeated(piece, bigger)) > LONGEST_SECONDS for piece in worst
        ):
            break
        size = bigger
    return lexer.name, size


def main() -> None:
    """Print the lexers that read less than a quarter of what others may."""
    names = sorted(aliases[0] for _, aliases, files, _ in get_all_lexers() if aliases and files)
    with multiprocessing.Pool() as pool:
        found = pool.map(most_characters, names, chunksize=4)
    for name, size in sorted(found):
        if size < MOST_CHARACTERS_OF_CODE // 4:
            print(f"{size:8} {name}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    main()
