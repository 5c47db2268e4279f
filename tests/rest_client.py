"""A REST client for tests: Basic credentials, JSON bodies, and the reference as a judge."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from pullrequests.models import PullRequest
from tests import reference
from tests.builders import PASSWORD

API = "/rest/api/latest/"


def basic(name: str, password: str) -> str:
    """Give the value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class RestClient:
    """Speak REST as one user; paths without a leading slash are below `/rest/api/latest/`."""

    def __init__(self, user: User | None = None, password: str = PASSWORD):
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            self.headers["Authorization"] = basic(user.name, password)

    def get(self, path: str, /, **query: Any) -> HttpResponse:
        return self.request("GET", path, query=query)

    def post(self, path: str, body: Any = None, /, **query: Any) -> HttpResponse:
        return self.request("POST", path, body, query=query)

    def put(self, path: str, body: Any = None, /, **query: Any) -> HttpResponse:
        return self.request("PUT", path, body, query=query)

    def delete(self, path: str, body: Any = None, /, **query: Any) -> HttpResponse:
        return self.request("DELETE", path, body, query=query)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        data: Any = None,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """Send one request; `body` goes as JSON, `data` as it is."""
        if _needs_version(method, path) and "version" not in {**(query or {}), **_fields(body)}:
            query = (query or {}) | _known_version(path)
        options: dict[str, Any] = {"content_type": content_type} if method != "GET" else {}
        if data is not None:
            options["data"] = data
        elif body is not None:
            options["data"] = json.dumps(body)
        path = path if path.startswith("/") else API + path
        response = self.client.generic(
            method,
            path,
            query_params={name: value for name, value in (query or {}).items() if value is not None}
            or None,
            headers=self.headers | (headers or {}),
            **options,
        )
        reference.check(method, path, response)
        return response


# What is refused without the version that the caller knows: most tests are not about that.
_OF_VERSION = re.compile(
    r"projects/(?P<key>[^/]+)/repos/(?P<slug>[^/]+)/pull-requests/(?P<number>[0-9]+)"
    r"(?P<what>/merge|/decline|/reopen|)(\?(?!.*version=).*)?"
)


def _needs_version(method: str, path: str) -> bool:
    found = _OF_VERSION.search(path)
    if found is None or found.end() != len(path):
        return False
    return method == ("POST" if found["what"] else "DELETE")


def _fields(body: Any) -> dict[str, Any]:
    return body if isinstance(body, dict) else {}


def _known_version(path: str) -> dict[str, int]:
    found = _OF_VERSION.search(path)
    assert found is not None
    rows = PullRequest.objects.filter(
        repository__project__key__iexact=found["key"],
        repository__slug=found["slug"],
        number=found["number"],
    )
    version = rows.values_list("version", flat=True).first()
    return {} if version is None else {"version": version}
