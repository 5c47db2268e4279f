"""What a file looks like other than as its text: Markdown as a page, CSV as a table, pictures."""

from __future__ import annotations

import csv
import posixpath
from dataclasses import dataclass
from urllib.parse import urlencode

from core import links
from gitengine.types import Entry
from infrastructure import markup
from infrastructure.markup import FileLinks
from repos.models import Repository
from repos.representations import repository_path
from web.templatetags.pages import repository_url

MARKDOWN = (".md", ".markdown")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
DRAWING = ".svg"
TABLES = (".csv", ".tsv")
MOST_ROWS = 1000
MOST_COLUMNS = 100
LONGEST_CELL = 1000


@dataclass(frozen=True)
class Table:
    """The first rows of a table; `is_cut` when there is more than they show."""

    head: list[str]
    rows: list[list[str]]
    is_cut: bool


def is_markdown(name: str) -> bool:
    """Whether it is written to be read as a page."""
    return name.lower().endswith(MARKDOWN)


def picture_url(repository: Repository, entry: Entry, at: str) -> str | None:
    """The address from which a page shows it as a picture; None if it is none."""
    name = entry.name.lower()
    if name.endswith(DRAWING):
        return repository_url(repository, "raw", entry.path, at=at, preview="1")
    if name.endswith(PICTURES):
        return repository_url(repository, "raw", entry.path, at=at)
    return None


def markdown(repository: Repository, entry: Entry, text: str, at: str) -> str:
    """HTML of a Markdown file, its relative links leading to the pages of this revision."""
    where = FileLinks(
        repository=links.context_path() + repository_path(repository),
        folder=posixpath.dirname(entry.path),
        query=urlencode({"at": at} if at else {}, errors="surrogateescape"),
    )
    return markup.render(text, file_links=where)


def table(name: str, text: str) -> Table | None:
    """The rows of a CSV or TSV file; None for other files and for what is no table."""
    if not name.lower().endswith(TABLES):
        return None
    start = text[:10_000].split("\n", 1)[0]
    sign = "\t" if name.lower().endswith(".tsv") else max(",;\t|", key=start.count)
    rows: list[list[str]] = []
    is_cut = False
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=sign):
            if len(rows) > MOST_ROWS:
                is_cut = True
                break
            is_cut = is_cut or len(row) > MOST_COLUMNS
            rows.append([cell[:LONGEST_CELL] for cell in row[:MOST_COLUMNS]])
    except csv.Error:
        return None
    return Table(rows[0], rows[1:], is_cut) if rows else None
