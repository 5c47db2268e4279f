"""What a table of commits shows: people, branches and tags at their tips, and the graph beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from builds import selectors as builds
from builds.selectors import Summary
from core.paging import Page
from gitengine.types import Commit, Ref
from repos.models import Repository
from repos.selectors import refs
from web.commits import commit_graph
from web.commits.commit_graph import GraphRow
from web.frame.requests import WebRequest
from web.repositories.page import with_people

# Beyond so many the graph is cut: it would leave no room for the messages.
LANES_SHOWN = 10
REFS_OF_A_ROW = 3


@dataclass(frozen=True)
class CommitRow:
    """A commit of the table."""

    commit: Commit
    author: User | None
    refs: list[Ref]
    graph: GraphRow | None
    # The name that the file had then, where its renames are followed.
    then: str = ""
    built: Summary | None = None

    @property
    def is_merge(self) -> bool:
        """Whether it has more than one parent."""
        return len(self.commit.parents) > 1

    @property
    def more_refs(self) -> int:
        """How many of its refs are not shown."""
        return max(0, len(self.refs) - REFS_OF_A_ROW)

    @property
    def shown_refs(self) -> list[Ref]:
        """Return its branches and tags, up to a limit."""
        return self.refs[:REFS_OF_A_ROW]


def context(
    request: WebRequest,
    repository: Repository,
    page: Page[Commit],
    *,
    has_graph: bool,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the table's template needs; with a graph where no commit is left out."""
    actor = request.actor
    graph, waiting = (
        commit_graph.drawn(
            [(one.id, one.parents) for one in page.values],
            commit_graph.read(request.GET.get("lanes", "")),
        )
        if has_graph
        else ([], [])
    )
    built = builds.summaries(actor, repository, [one.id for one in page.values])
    named = refs.at_commits(actor, repository, [one.id for one in page.values])
    rows = [
        CommitRow(
            one,
            author,
            named.get(one.id, []),
            graph[number] if graph else None,
            then=(names or {}).get(one.id, ""),
            built=built.get(one.id),
        )
        for number, (one, author, _) in enumerate(with_people(request, page.values))
    ]
    return {
        "page": page,
        "rows": rows,
        "lanes": commit_graph.write(waiting),
        "graph_width": 14 * min(LANES_SHOWN, commit_graph.width(graph)) + 6 if has_graph else 0,
    }
