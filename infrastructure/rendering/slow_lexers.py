"""Lexers of Pygments that may need much time for the shortest of texts.

Nearly every lexer takes the square of the length for some input: of 530, 390 read less than 50,000
characters of the worst in half a second, C and Java 2,000. A limit by length would take the colours
from most files; so what is not short is coloured in a process whose time is limited. These few are
too slow even for what is short. Made by `python -m tests.availability.survey_lexers`.
"""

from __future__ import annotations

# They read 1,000 characters or less of the worst in half a second.
NEVER_IN_PLACE = frozenset(
    {
        "AutoIt",
        "C#",
        "Easytrieve",
        "Fantom",
        "LilyPond",
        "MCSchema",
        "Systemd",
        "X++",
        "autohotkey",
    }
)
