"""What the head of every page of a repository tells beside its name."""

from __future__ import annotations

from typing import Any

from django import template

from repos.selectors import labels, watching

register = template.Library()


@register.simple_tag(takes_context=True)
def head_of(context: dict[str, Any]) -> dict[str, Any]:
    """Its labels, where it came from as far as the reader may see that, and whether they watch it."""
    repository, actor = context["repository"], context["actor"]
    labels.bring(actor, [repository])
    return {
        "labels": [one.name for one in repository.labels.all()],
        "origin": repository.shown_origin,
        "is_watched": watching.is_watched(actor, repository),
    }
