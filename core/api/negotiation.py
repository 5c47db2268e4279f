"""What a caller accepts: JSON under all its names, and whatever else a resource has to give."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

JSON = "application/json"
ANYTHING = "*/*"


class Negotiation(DefaultContentNegotiation):
    """Choose among the renderers of a view.

    Nobody is refused here, for files, archives, pictures and patches are sent whatever the caller
    accepts: `RestView` refuses to send JSON that is not accepted.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Choose what the caller likes best; the last, if they like none."""
        offered = list(renderers)
        weighed = [(weight(request, one.media_type), one) for one in offered]
        best, chosen = max(weighed, key=lambda pair: pair[0])
        if not best:
            chosen = offered[-1]
        return chosen, chosen.media_type


def accepts_json(request: Request) -> bool:
    """Whether JSON may be sent to the caller."""
    return weight(request, JSON) > 0


def weight(request: Request | HttpRequest, media_type: str) -> float:
    """How much the caller likes a media type, from 0 to 1: as the most precise range says that covers it."""
    header = request.META.get("HTTP_ACCEPT", "")
    if not header.strip():
        return 1.0
    found = (0, 0.0)
    for part in header.split(","):
        given, *parameters = (text.strip().lower() for text in part.split(";"))
        found = max(found, (_precision(given, media_type), _quality(parameters)))
    return found[1] if found[0] else 0.0


def _precision(given: str, media_type: str) -> int:
    """How precisely a range names a media type; 0 if it does not."""
    if given == media_type:
        return 3
    kind = media_type.partition("/")[0]
    if given == f"{kind}/*" or (media_type == JSON and _is_json(given)):
        return 2
    # Old Java programs write a lone star.
    return 1 if given in {ANYTHING, "*"} else 0


def _is_json(given: str) -> bool:
    return given == "text/json" or (given.startswith("application/") and given.endswith("+json"))


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0
