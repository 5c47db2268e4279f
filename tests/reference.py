"""Check every REST answer of the tests against Bitbucket's contract (`tests/contract/bitbucket.json`).

`WRONG_IN_THE_REFERENCE` is the reviewed list of places where recorded servers and clients say
otherwise than the description does.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from django.http import HttpResponse
from openapi_schema_validator import OAS30Validator

from tests.contract.reduce import CONTRACT

# Fields that real servers send and the description leaves out.
SENT_BESIDE = {
    "isDefault",  # the wire name of `default` on branches
    "owner",  # of a personal project
    "metadata",  # of a branch with details
    "extension",  # of a path
    "productVersion",  # ours, beside Bitbucket's own
    "size", "limit", "start", "isLastPage", "nextPageStart", "values",  # pages described as one value
    "toString",
    "authorCount", "totalCount",  # commits withCounts
    "fromHash", "toHash",  # of a page of changes
    "permissions", "user", "expiryDate", "lastAuthenticated",  # of an access token
    "permittedOperations", "tasks",  # of a comment
    "emailAddress", "active", "displayName", "id", "slug", "type", "links",  # an author who has an account
    "properties",  # of a pull request: what a merge gives, counts, the merge commit
    "canMerge",
    "commentAction", "comment", "commentAnchor", "diff",  # of an activity, by what happened
    "previousFromHash", "previousToHash", "added", "removed", "commit", "addedReviewers", "removedReviewers",
    "createdDate", "updatedDate",  # of a webhook
    "orphaned",  # of an anchor
    "dateAdded",  # of a build that is known by its commit alone
    "unique",  # its only build, where includeUnique asks for it
    "OPEN", "RESOLVED", "PENDING",  # how many blocker comments, where count asks for it
    "needsWork", "unapproveOnUpdate",  # merge checks that have no field there
    "com.atlassian.bitbucket.server.bitbucket-bundled-hooks:requiredApproversMergeHook",
}  # fmt: skip

WRONG_IN_THE_REFERENCE = {
    # Described as 202; every recorded server and every client has 200.
    ("GET", "/api/latest/projects/{projectKey}/permissions/groups/none"): {200},
    # Described as 201 alone; clients of real servers take 200, as for projects, unless the address changed.
    ("PUT", "/api/latest/projects/{projectKey}/repos/{repositorySlug}"): {200},
}
# Any names and values: the description shows a few as an example.
MAPS = {("GET", "/api/latest/users/{userSlug}/settings"),
        # By commit.
        ("POST", "/build-status/latest/commits/stats"),
        # Conditions in the description, users in its text and to every client.
        ("GET", "/default-reviewers/latest/projects/{projectKey}/repos/{repositorySlug}/reviewers"),
        ("GET", "/api/latest/projects/{projectKey}/repos/{repositorySlug}/last-modified"),
        ("GET", "/api/latest/projects/{projectKey}/repos/{repositorySlug}/last-modified/{path}")}  # fmt: skip
# Refusals that any operation may give, whether its description names them or not.
ALWAYS_POSSIBLE = {307, 400, 401, 403, 404, 405, 406, 409, 413, 415, 416, 422, 429, 500, 503}
# Described as one value and sent as a page.
PAGES = {("GET", "/api/latest/users"), ("GET", "/api/latest/projects/{projectKey}/permissions/search"),
         ("GET", "/api/latest/projects/{projectKey}/repos/{repositorySlug}/permissions/search")}  # fmt: skip
# Described as one value and sent as a list, like the body that asks for several.
LISTS = {("POST", "/api/latest/admin/rate-limit/settings/users"),
         ("GET", "/api/latest/admin/user-directories"),
         # One restriction or many, as the body has them.
         ("POST", "/branch-permissions/latest/projects/{projectKey}/restrictions"),
         ("POST", "/branch-permissions/latest/projects/{projectKey}/repos/{repositorySlug}/restrictions")}  # fmt: skip
# Described as one file's diff; on the wire these fields stand around many of them.
AROUND_DIFFS = {"fromHash", "toHash", "contextLines", "whitespace", "truncated", "diffs"}
# Described as a diff, by mistake: it holds what the summary of a commit holds.
SUMMARIES = {("GET", "/api/latest/projects/{projectKey}/repos/{repositorySlug}/compare/diff-stats-summary{path}")}  # fmt: skip
# Fields described as one value and sent as a list, as their plurals say.
LISTS_WITHIN = {"aheadRefs", "divergedRefs", "orphanedRefs"}
# Resources that are not Bitbucket's, or that its description does not hold.
OURS = {"app-passwords", "auditing", "emoticons", "oauth2", "secrets-manager"}
NOT_DESCRIBED = re.compile(
    r"/audit/latest/(projects/.*/)?events|/branch-utils/latest/projects/.*/branchmodel(/configuration)?"
    r"|/webhooks/latest/capabilities|/api/latest/admin/logs/settings"
    # Of older versions.
    r"|/archive/latest/projects/.*/archive|/comment-likes/latest/projects/.*/likes"
)
# Sent by stashy, bkt and the Python client.
NOT_DESCRIBED_METHODS = re.compile(
    r"DELETE /api/latest/projects/[^/]+/permissions/[A-Z_]+/all"
    r"|POST /api/latest/projects/[^/]+(/repos/[^/]+)?/webhooks/[^/]+/test"
    r"|GET /default-reviewers/latest/projects/[^/]+(/repos/[^/]+)?/condition/[^/]+"
)
# Objects in the description, strings on the wire.
STRINGS = {("GET", "/api/latest/projects/{projectKey}/repos/{repositorySlug}/files"),
           ("GET", "/api/latest/projects/{projectKey}/repos/{repositorySlug}/files/{path}")}  # fmt: skip


@functools.cache
def _description() -> dict[str, Any]:
    return json.loads(CONTRACT.read_text(encoding="utf-8"))


@functools.cache
def _operations() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    found = []
    for template, methods in _description()["paths"].items():
        pattern = re.escape(template)
        # The part of the path may be left out, and some templates have lost the slash before it.
        pattern = pattern.replace(r"/\{path\}", r"\{path\}").replace(r"\{path\}", "(?:/.+)?")
        pattern = pattern.replace(r"\{name\}", ".+")
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern)
        found.append((re.compile(pattern), template, methods))
    # A path without placeholders before one whose placeholder would take it.
    return sorted(found, key=lambda one: one[1].count("{"))


def check(method: str, path: str, response: HttpResponse) -> None:
    """Fail if the answer is not one that the description, or the list above, allows."""
    _check_envelope(path, response)
    plain = re.match(r"/rest/([a-z-]+)/(?:latest|\d+\.\d+)(/.*)", path.split("?")[0])
    if plain is None or plain[1] in OURS:
        return
    plain_path = f"/{plain[1]}/latest{plain[2].rstrip('/')}"
    # The alias of a personal project's repositories is told in prose only.
    plain_path = re.sub(r"^(/api/latest)/users/([^/]+)/repos", r"\1/projects/~\2/repos", plain_path)
    # Where the description has lost the beginning of a path.
    plain_path = re.sub(r"^/ssh/latest/admin", "/admin", plain_path)
    # The one module that the description has by its version.
    plain_path = re.sub(r"^/secrets/latest", "/secrets/1.0", plain_path)
    # A ref in the place of a commit comes with its slashes written as %2F.
    plain_path = re.sub(r"(?i)%2f", "-", plain_path)
    if NOT_DESCRIBED.fullmatch(plain_path) or NOT_DESCRIBED_METHODS.fullmatch(
        f"{method} {plain_path}"
    ):
        return
    for pattern, template, methods in _operations():
        if pattern.fullmatch(plain_path) and method.lower() in methods:
            _check_operation(method, template, methods[method.lower()], response)
            return
    assert response.status_code in ALWAYS_POSSIBLE, f"{method} {path} is not in the reference"


def _check_envelope(path: str, response: HttpResponse) -> None:
    if not path.startswith("/rest/") or response.status_code < 400 or response.status_code == 406:
        return
    errors = json.loads(response.content)["errors"]
    assert errors, f"{path}: an envelope without an error"
    for error in errors:
        assert {"context", "message", "exceptionName"} <= set(error)
        assert error["message"], "a refusal without a sentence"


def _check_operation(
    method: str, template: str, operation: dict[str, Any], response: HttpResponse
) -> None:
    status = response.status_code
    described = operation["responses"]
    allowed = WRONG_IN_THE_REFERENCE.get((method, template), set())
    assert (
        str(status) in described or status in ALWAYS_POSSIBLE or status in allowed
        or "default" in described
    ), f"{method} {template} answered {status}, described are {sorted(described)}"  # fmt: skip
    if status >= 300 or response.streaming or not response.content:
        return
    content = described.get(str(status), {}).get("content", {})
    schema = next((media.get("schema") for name, media in content.items() if "json" in name), None)
    if schema is None or (method, template) in MAPS | SUMMARIES:
        return
    body = json.loads(response.content)
    if isinstance(body, list) and schema.get("type") == "array":
        _check_schema(body, schema, f"{method} {template}")
        return
    if (method, template) in LISTS:
        for one in body if isinstance(body, list) else [body]:
            _check_schema(one, schema, f"{method} {template}")
        return
    if body.get("nextPageStart", 0) is None:
        # Recorded servers send null on the last page; clients index the field.
        del body["nextPageStart"]
    if (method, template) in PAGES:
        bodies = body["values"]
    elif (method, template) in STRINGS:
        assert all(isinstance(value, str) for value in body["values"])
        return
    elif "diffs" in body:
        assert set(body) == AROUND_DIFFS, f"{method} {template}"
        bodies = body["diffs"]
    else:
        lists = {name: body.pop(name) for name in LISTS_WITHIN & body.keys()}
        bodies = [body, *(body | {name: one} for name, ones in lists.items() for one in ones)]
    for one in bodies:
        _check_schema(one, schema, f"{method} {template}")


def _check_schema(body: Any, schema: dict[str, Any], where: str) -> None:
    whole = {**schema, "components": _components()}
    wrong = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in OAS30Validator(whole).iter_errors(body)
        if not _is_forgiven(error)
    ]
    assert not wrong, f"{where} does not fit the reference: {wrong[:5]}"
    unknown = _unknown_fields(body, schema)
    assert not unknown, f"{where} sends fields that the reference does not know: {unknown}"


def _is_forgiven(error: Any) -> bool:
    # A time is milliseconds on the wire, whatever the description says.
    if list(error.absolute_path)[-1:] == ["createdDate"] and isinstance(error.instance, int):
        return True
    # Paths of an anchor are plain texts on the wire.
    if list(error.absolute_path)[-2:] in (["anchor", "path"], ["anchor", "srcPath"]):
        return isinstance(error.instance, str)
    # Null on the wire: a lightweight tag's hash, and the side of a diff where a file is not.
    may_be_null = (["hash"], ["source"], ["destination"])
    return list(error.absolute_path)[-1:] in may_be_null and error.instance is None


@functools.cache
def _components() -> dict[str, Any]:
    return _description()["components"]


def _unknown_fields(body: Any, schema: dict[str, Any]) -> set[str]:
    schema = _followed(schema)
    if isinstance(body, list) and "items" in schema:
        return {name for value in body for name in _unknown_fields(value, schema["items"])}
    if not isinstance(body, dict) or not schema.get("properties"):
        return set()
    found = set(body) - set(schema["properties"]) - SENT_BESIDE
    for name, value in body.items():
        if name in schema["properties"]:
            found |= _unknown_fields(value, schema["properties"][name])
    return found


def _followed(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        node: Any = _description()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema
