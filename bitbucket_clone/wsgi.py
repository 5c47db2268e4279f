"""The WSGI application that gunicorn serves, under the context path where there is one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.request_bodies import Application, measured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bitbucket_clone.settings")


def mounted(application: Application, context_path: str) -> Application:
    """Serve the application below `context_path`; other paths are not found."""
    if not context_path:
        return application

    def below(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != context_path and not path.startswith(context_path + "/"):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [f"This server answers below {context_path}\n".encode()]
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + context_path
        environ["PATH_INFO"] = path.removeprefix(context_path) or "/"
        return application(environ, start_response)

    return below


application = mounted(measured(get_wsgi_application()), settings.SERVER_CONTEXT_PATH)
