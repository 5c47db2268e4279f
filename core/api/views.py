"""The one view class of REST: who calls, what they sent, what they get back. Nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpResponse
from rest_framework.exceptions import NotAcceptable
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from core.api.negotiation import accepts_json
from core.errors import Invalid
from core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest
from core.url_paths import path_as_sent

T = TypeVar("T")

READS = {"GET", "HEAD"}
SAFE = READS | {"OPTIONS"}


class RestView(APIView):
    """Base class of REST views: reads the request, calls one function and returns its result."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Take a path at the end of the address byte for byte, then go on as usual."""
        if kwargs.get("path"):
            kwargs["path"] = self.kwargs["path"] = path_as_sent(request, kwargs["path"])
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a write whose answer could not be sent, before it has done anything."""
        super().initial(request, *args, **kwargs)
        is_write = request.method not in SAFE and request.method in self.allowed_methods
        if is_write and not accepts_json(request):
            raise NotAcceptable

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Raise NotAcceptable if the client does not accept JSON; files are sent in any case."""
        is_json = isinstance(response, Response) and response.data is not None
        if is_json and request.method in READS and not accepts_json(request):
            response = HttpResponse(status=406)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def actor(self) -> Any:
        """Who calls: the Actor that the authentication class made."""
        return self.request.auth

    def read(
        self, serializer: type[BaseSerializer[Any]], *, partial: bool = False
    ) -> dict[str, Any]:
        """Judge the body with a serializer; unknown fields are ignored, wrong ones refused one by one."""
        data = self.request.data
        if not isinstance(data, dict):
            raise Invalid("The request body must be a JSON object.")
        judged = serializer(data=data, partial=partial)
        judged.initial_data = _without_nulls(judged, data)
        judged.is_valid(raise_exception=True)
        return dict(judged.validated_data)

    def wanted(self, *, default: int = DEFAULT_LIMIT, most: int = MAX_LIMIT) -> PageRequest:
        """Read which page the query asks for."""
        return PageRequest.read(self.request.query_params, default=default, most=most)

    def flag(self, name: str, default: bool = False) -> bool:
        """Read a boolean of the query; clients also write `True` and `1`."""
        text = self.request.query_params.get(name)
        return default if text is None else text.strip().lower() in {"true", "1", "yes"}

    def show(self, value: Any, status: int = 200) -> Response:
        """Answer with a JSON value."""
        return Response(self._with_avatars(value), status=status)

    def show_page(self, page: Page[T], represent: Callable[[T], Any]) -> Response:
        """Answer with a page, each value in its JSON form."""
        return Response(self._with_avatars(page.map(represent).as_json()))

    def nothing(self, status: int = 204) -> Response:
        """Answer without a body."""
        return Response(status=status)

    def _with_avatars(self, value: Any) -> Any:
        """Add avatar URLs to users and projects when the query asks for a size (`avatarSize`)."""
        side = self.request.query_params.get("avatarSize", "")
        if side.isascii() and side.isdigit() and len(side) < 6:
            _join_avatars(value, int(side))
        return value


def _without_nulls(judged: BaseSerializer[Any], data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null and need not be there: clients that send whole objects mean nothing by it."""
    said = {}
    fields = judged.fields if isinstance(judged, Serializer) else {}
    for name, value in data.items():
        field = fields.get(name)
        if value is None and field is not None and not (field.required or field.allow_null):
            continue
        if isinstance(field, Serializer) and isinstance(value, dict):
            value = _without_nulls(field, value)
        said[name] = value
    return said


def _join_avatars(value: Any, side: int) -> None:
    """Give every user and every project within the value its `avatarUrl`; both know their own address."""
    if isinstance(value, list):
        for inner in value:
            _join_avatars(inner, side)
    elif isinstance(value, dict):
        for inner in list(value.values()):
            _join_avatars(inner, side)
        is_user = "displayName" in value and "slug" in value
        is_project = "key" in value and "type" in value
        if is_user or is_project:
            (own,) = value["links"]["self"]
            value["avatarUrl"] = f"{own['href']}/avatar.png?s={side}"
