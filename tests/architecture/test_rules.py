"""Rules of the house that imports cannot show."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    *("accounts", "repos", "discussions", "builds", "pullrequests"),
    *("webhooks", "notifications", "audit", "operations"),
]

# Services that nobody calls as somebody: they run at the first start.
SYSTEM_COMMANDS = {
    "accounts.services.users": {
        "create_first_administrator",
        "default_group",
        "slug_of",
        "check_name",
        "check_text",
        "check_email",
        "check_password",
    },
    # At import time, when nobody acts.
    "repos.services.ref_updates": {"accompany"},
    "repos.services.pushes": {"advise", "prepare"},
}
WRITES = {
    "save",
    "create",
    "bulk_create",
    "update",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "delete",
}
MAY_WRITE = ("services", "migrations", "tasks")
# Written where it is judged, below the services: failures to sign in, the last use of a secret.
ALSO_WRITE = {
    "accounts/rate_limits.py",
    "accounts/sign_in_throttle.py",
    "accounts/credential_verifiers.py",
    "accounts/sessions.py",
    "audit/models.py",
    "audit/subscribers.py",
}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_no_python_file_is_longer_than_800_lines():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    long = [
        name
        for name in tracked.stdout.split()
        if (ROOT / name).exists() and len((ROOT / name).read_text().splitlines()) > 800
    ]

    assert long == []


def test_every_service_takes_the_actor_first():
    wrong = []
    for file in sources(*APPS):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        if ".services" not in module:
            continue
        for node in ast.parse(file.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            first = node.args.args[0].arg if node.args.args else None
            # A push rule takes the case, which names the actor.
            if first not in {"actor", "case"} and node.name not in SYSTEM_COMMANDS.get(
                module, set()
            ):
                wrong.append(f"{module}.{node.name}")

    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_rows_are_written_in_services_only(app):
    wrong = []
    for file in sources(app):
        inside = file.relative_to(ROOT)
        if (
            any(part.removesuffix(".py") in MAY_WRITE for part in inside.parts)
            or str(inside) in ALSO_WRITE
        ):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ) and ("objects" in ast.unparse(node.func) or node.func.attr == "save"):
                wrong.append(f"{inside}:{node.lineno}")

    assert wrong == []


# What calls other machines: HTTP through infrastructure/outgoing_http.py alone, mail through notifications/mail_server.py.
CALLERS = {"urllib3", "requests", "httpx", "http.client", "urllib.request", "smtplib", "aiohttp"}
WAYS_OUT = {"infrastructure/outgoing_http.py", "notifications/mail_server.py"}


def test_there_is_one_way_out():
    wrong = []
    for file in sources("core", "gitengine", *APPS, "transport", "web", "bitbucket_clone"):
        inside = str(file.relative_to(ROOT))
        if inside in WAYS_OUT:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
            wrong += [f"{inside}: {name}" for name in names if name in CALLERS]

    assert wrong == []
