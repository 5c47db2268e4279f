"""Turn every refusal into Bitbucket's envelope: the one place that makes `{"errors": [...]}`."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core import json_encoding
from core.errors import DomainError, Invalid, TooLarge, refusal_of

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/json;charset=UTF-8"
NOTHING_HERE = "null for uri: {path}"


def answer_to(error: Exception, context: dict[str, Any]) -> HttpResponse | Response | None:
    """Answer any refusal for REST framework; leave accidents to `handler500`, with their traceback."""
    set_rollback()
    if isinstance(error, RequestDataTooBig):
        error = TooLarge("The request is too large.")
    if isinstance(error, UnreadablePostError):
        error = Invalid("The request was interrupted.")
    refusal = refusal_of(error)
    if refusal is not None:
        return of(refusal)
    if isinstance(error, Http404):
        return _response(404, [_error(NOTHING_HERE.format(path=context["request"].path))])
    if isinstance(error, PermissionDenied):
        return _response(403, [_error(str(error) or "Forbidden")])
    if isinstance(error, exceptions.NotAcceptable):
        return HttpResponse(status=406)
    if isinstance(error, exceptions.ValidationError):
        return _response(400, _field_errors(error.detail))
    if isinstance(error, exceptions.APIException):
        response = _response(error.status_code, [_error(str(error.detail))])
        if isinstance(error, exceptions.MethodNotAllowed):
            response["Allow"] = ", ".join(context["view"].allowed_methods)
        return response
    return None


def of(error: DomainError) -> HttpResponse:
    """Answer one refusal of ours."""
    response = _response(error.status, error.as_json())
    for name, value in error.headers.items():
        response[name] = value
    return response


def not_found(request: HttpRequest) -> HttpResponse:
    """Answer for a REST path that is no resource."""
    return _response(404, [_error(NOTHING_HERE.format(path=request.path))])


def broken(request: HttpRequest) -> HttpResponse:
    """Answer for an accident: an id to look up in the log, nothing about the inside."""
    request_id = getattr(request, "request_id", "")
    message = f"An internal error occurred. It was logged with the ID {request_id}."
    return _response(500, [_error(message)])


def _field_errors(detail: Any, context: str | None = None) -> list[dict[str, Any]]:
    if isinstance(detail, dict):
        return [
            error
            for field, inner in detail.items()
            for error in _field_errors(inner, None if field == "non_field_errors" else str(field))
        ]
    if isinstance(detail, list):
        return [error for inner in detail for error in _field_errors(inner, context)]
    return [_error(str(detail), context, Invalid.exception_name)]


def _error(message: str, context: str | None = None, name: str | None = None) -> dict[str, Any]:
    return {"context": context, "message": message, "exceptionName": name}


def _response(status: int, errors: list[dict[str, Any]]) -> HttpResponse:
    return HttpResponse(
        json_encoding.dumps({"errors": errors}), status=status, content_type=CONTENT_TYPE
    )
