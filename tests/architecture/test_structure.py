"""The structure of the code: no circles between modules, no long files."""

from __future__ import annotations

import ast
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    *("core", "infrastructure", "gitengine", "accounts", "repos", "discussions", "builds"),
    *("pullrequests", "webhooks", "notifications", "audit", "operations", "transport", "web"),
    "bitbucket_clone",
]
MOST_LINES = 400
# Longer for a reason: one list of settings, one event loop, and two that an issue will split.
LONGER = {
    "bitbucket_clone/settings.py": 520,
    "bitbucket_clone/web_server/worker.py": 450,
    "gitengine/upload.py": 460,
    "infrastructure/outgoing_http.py": 410,
    "accounts/selectors.py": 405,
    "transport/ssh_commands.py": 405,
}


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found[name.removesuffix(".__init__")] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Give the modules that one imports when it is loaded, or only for its types."""
    found: set[str] = set()

    def look(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.ImportFrom) and node.module:
                for one in node.names:
                    name = f"{node.module}.{one.name}"
                    found.add(name if name in known else node.module)
            elif isinstance(node, ast.Import):
                found.update(one.name for one in node.names)
            elif isinstance(node, ast.If):
                look(node.body + node.orelse)
            elif isinstance(node, ast.Try | ast.With | ast.ClassDef):
                look(node.body)

    look(ast.parse(path.read_text()).body)
    return found & known.keys()


def test_no_modules_import_each_other_in_a_circle():
    known = modules()
    graph = {name: imports(path, known) - {name} for name, path in known.items()}
    # A package is loaded before what lies in it, and names it again.
    for name in graph:
        graph[name] = {one for one in graph[name] if not name.startswith(f"{one}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' -> '.join(error.args[1])}") from None


def test_no_file_of_the_product_is_too_long():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    long = {
        name: lines
        for name in tracked.stdout.split()
        if name.split("/")[0] in PACKAGES and (ROOT / name).exists()
        if (lines := len((ROOT / name).read_text().splitlines())) > LONGER.get(name, MOST_LINES)
    }

    assert long == {}


@pytest.mark.django_db
def test_every_change_of_a_model_has_a_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
