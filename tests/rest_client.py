"""A REST client for tests: Basic credentials, JSON bodies, and the reference as a judge."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests import reference
from tests.builders import PASSWORD

API = "/rest/api/latest/"


class RestClient:
    """Speak REST as one user; paths without a leading slash are below `/rest/api/latest/`."""

    def __init__(self, user: User | None = None, password: str = PASSWORD):
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            pair = base64.b64encode(f"{user.name}:{password}".encode()).decode()
            self.headers["Authorization"] = f"Basic {pair}"

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
