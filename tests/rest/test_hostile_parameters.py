"""Hostile values in every parameter of every path and query, of REST and of pages: never a 5xx.

The parameters of a query are those that the server is seen to read. The quick run gives each
parameter one value of the list, `make torture` gives each of them all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import resolve

from tests import builders, reference
from tests.access import pages, routes, worlds
from tests.access.routes import Row

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# As they are meant: percent-encoded on their way, so that "%00" arrives as these three signs.
HOSTILE: list[str | bytes] = [
    "", " ", "..", "../../etc/passwd", "..%2f..%2fx", "a//b", "/etc/passwd", "a/../b", "\\..\\x",
    ":/x", "main:README.md", "HEAD@{1}", "@{u}", "main^{/x}", "main..told", "main~99999", "refs/heads/*",
    "-x", "--output=/tmp/x", "\0", "a\0b", "%00", "a\nb", "\r\nX: y", "\u202ex", "\ufeff", "💥", "x" * 3000,
    "a/" * 500, b"\xff", b"\xf0\x28\x8c", b"\xed\xa0\x80", "-1", "1e9", "NaN", "0x10", "٣", "9" * 20, "9" * 500,
    "*", "[", "(" * 200, "%", "_", "'", '"', "<script>", "{{7*7}}", "{}", "[]", "null", "true", "0" * 40,
]  # fmt: skip
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
REST_ROWS = [row for row in routes.REST if row.path.startswith("/rest/")]


@dataclass(frozen=True)
class Place:
    """One parameter of an example route."""

    row: Row
    path: str
    parameter: str
    is_query: bool

    def address(self, value: str | bytes) -> str:
        """Give the path and query with a value in this place."""
        value = quote(value, safe="/" if not self.is_query else "")
        if not self.is_query:
            return self.path.replace("{}", value)
        path, _, query = self.path.partition("?")
        others = [
            part for part in query.split("&") if part and part.split("=")[0] != self.parameter
        ]
        return f"{path}?{'&'.join([*others, f'{self.parameter}={value}'])}"


class Asker:
    """A system administrator who tries the example routes, each undone after it."""

    def __init__(self) -> None:
        _, _, numbers = worlds.build()
        self.user = builders.user("root", site="SYS_ADMIN")
        self.numbers = defaultdict(int, numbers | worlds.numbers_of_person(self.user, 0))
        self.client = Client(raise_request_exception=False)

    def path_of(self, row: Row) -> str:
        """Give the example's path with the numbers of this world."""
        path = row.path.replace("{me}", self.user.slug)
        return re.sub(r"\{(\w+)\}", lambda match: str(self.numbers[match[1]]), path)

    def ask(self, row: Row, address: str) -> str:
        """Send it; gives what was wrong with the answer, or nothing."""
        if not self.client.session.get("_auth_user_id"):
            self.client.force_login(self.user)
        with builders.undone():
            headers = {"X-Atlassian-Token": "no-check"}
            answer = self.client.generic(
                row.method, address, headers=headers, **routes.body_of(row)
            )
            if answer.streaming:
                answer.getvalue()
        if answer.status_code >= 500:
            return f"{row.method} {address[:300]} answered {answer.status_code}"
        if "json" in answer.get("Content-Type", "") and "/oauth2/" not in address:
            reference._check_envelope(address, answer)
        return ""


def places_of(row: Row, asker: Asker, read: set[str]) -> Iterator[Place]:
    """Every parameter of a row; `read` collects the parameters of the query that are asked for."""
    path = asker.path_of(row)
    found = resolve(path.partition("?")[0])
    query = path.partition("?")[2]
    # The version is read from the path, and handed to no view.
    known = {"version": "latest"} | found.captured_kwargs
    for name in PARAMETER.findall(found.route):
        values = {other: quote(str(value)) for other, value in known.items()} | {name: "{}"}
        address = PARAMETER.sub(lambda match, values=values: values[match[1]], f"/{found.route}")
        yield Place(row, f"{address}?{query}".rstrip("?"), name, is_query=False)
    read.clear()
    asker.ask(row, path)
    for name in sorted(read):
        yield Place(row, path, name, is_query=True)


@pytest.fixture
def read(monkeypatch) -> set[str]:
    """The names that are looked up in queries and forms."""
    names: set[str] = set()
    for method in ("get", "getlist", "__getitem__", "__contains__"):
        original = getattr(QueryDict, method)

        def noting(self, key, *more, original=original, **named):
            names.add(key)
            return original(self, key, *more, **named)

        monkeypatch.setattr(QueryDict, method, noting)
    return names


def wrong_answers(rows: list[Row], read: set[str], values_of) -> list[str]:
    asker, wrong, count = Asker(), [], 0
    for row in rows:
        for place in list(places_of(row, asker, read)):
            for value in values_of(count):
                wrong.append(asker.ask(row, place.address(value)))
            count += 1
    assert count > len(rows)
    return [one for one in wrong if one]


def one_of_them(count: int) -> list[str | bytes]:
    # 7 shares no factor with the number of values: neighbours get values that are unlike.
    return [HOSTILE[count * 7 % len(HOSTILE)]]


@pytest.mark.parametrize("part", range(4))
def test_every_parameter_of_rest(read, part):
    assert wrong_answers(REST_ROWS[part::4], read, one_of_them) == []


@pytest.mark.parametrize("part", range(2))
def test_every_parameter_of_pages(read, part):
    assert wrong_answers(pages.PAGES[part::2], read, one_of_them) == []


@pytest.mark.torture
@pytest.mark.parametrize("part", range(20))
def test_every_value_in_every_parameter(read, part):
    rows = [*REST_ROWS, *pages.PAGES]
    assert wrong_answers(rows[part::20], read, lambda _: HOSTILE) == []
