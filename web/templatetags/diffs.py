"""What pages of commits and differences need to write: the graph, rows that are HTML already."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import template
from django.utils.safestring import SafeString, mark_safe

from web.commits.commit_graph import COLOURS, GraphLine, GraphRow
from web.diffs.file_diffs import RenderedDiff, RenderedFile
from web.templatetags.pages import repository_url

register = template.Library()

STEP, HEIGHT = 14, 37
MIDDLE = HEIGHT / 2


@register.simple_tag
def graph(row: GraphRow, width: int) -> SafeString:
    """Draw the lanes beside one commit; numbers only, nothing that was pushed."""
    lines = "".join(f'<path class="lane-{line.colour}" d="{_path(line)}"/>' for line in row.lines)
    radius = 5 if row.is_merge else 4
    dot = f'<circle class="lane-{row.lane % COLOURS}{" hollow" if row.is_merge else ""}" cx="{_x(row.lane)}" cy="{MIDDLE}" r="{radius}"/>'
    box = f'width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}"'
    return mark_safe(f'<svg {box} aria-hidden="true" focusable="false">{lines}{dot}</svg>')


@register.filter
def of(found: dict[int, Any], number: int) -> Any:
    """Look up what belongs to a number."""
    return found.get(number) if found else None


@register.filter
def anchor(path: str) -> str:
    """Write a path so that an address may end with it."""
    return quote(path)


@register.filter
def rows(file: RenderedFile) -> SafeString:
    """Write the rows of a file, in which everything that was pushed is escaped."""
    return mark_safe(file.html)


@register.filter
def has_seen(viewed: set[tuple[str, str]], file: RenderedFile) -> bool:
    """Whether a reader has looked at a file as it is now."""
    path = file.change.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return (path, file.content_id) in (viewed or ())


@register.filter
def tree(shown: RenderedDiff) -> SafeString:
    """Write the tree of changed files, in which everything that was pushed is escaped."""
    return mark_safe(shown.tree)


@register.simple_tag(takes_context=True)
def without(context: dict[str, Any], *names: str) -> str:
    """The address of this very page without parts of its query."""
    query = context["request"].GET.copy()
    for name in names:
        query.pop(name, None)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def compare_link(context: dict[str, Any], name: str) -> str:
    """The address of a comparison with this ref on the side that is chosen."""
    own, other = ("target", "source") if context["side"] == "target" else ("source", "target")
    query = {f"{own}Branch": name, f"{other}Branch": context["other"]}
    page = f"compare/{context['view']}"
    return str(
        repository_url(context["repository"], page, targetRepoId=context["target_id"], **query)
    )


def _path(line: GraphLine) -> str:
    start, end = _x(line.start), _x(line.end)
    if line.half == "top":
        return f"M{start} -2C{start} {MIDDLE} {end} 4 {end} {MIDDLE}"
    if line.half == "bottom":
        return f"M{start} {MIDDLE}C{start} {HEIGHT - 4} {end} {MIDDLE} {end} {HEIGHT + 2}"
    return f"M{start} -2V{HEIGHT + 2}"


def _x(lane: int) -> int:
    return lane * STEP + STEP // 2 + 3
