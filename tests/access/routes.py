"""Every route, what it needs, and an example of it: a new route without a row here fails a test.

A row is: what is needed, methods, path, and perhaps a body. `{me}` is the caller's own slug. Paths
below `projects/PRJ/...` stand for their aliases below `users/...` too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

API = "/rest/api/latest"
P = f"{API}/projects/PRJ"
R = f"{P}/repos/repo"
UTILS = "/rest/branch-utils/latest/projects/PRJ"
GIT_TAGS = "/rest/git/latest/projects/PRJ/repos/repo/tags"
MODEL = {
    "development": {"useDefault": True},
    "types": [{"id": "BUGFIX", "enabled": True, "prefix": "bugfix/"}],
}
PULLS = f"{R}/pull-requests"
PULL = f"{PULLS}/{{pull}}"
RESTRICTIONS = "/rest/branch-permissions/latest/projects/PRJ"
NO_DELETES = {"type": "no-deletes", "matcher": {"id": "x", "type": {"id": "BRANCH"}}}
BUILDS = "/rest/build-status/latest"
BUILD = {"key": "k", "state": "SUCCESSFUL", "url": "https://ci.example.com/1"}
DEFAULTS = "/rest/default-reviewers/latest/projects/PRJ"
WEBHOOK = {"name": "w", "url": "http://10.0.0.1/hook", "events": ["pr:merged"]}
CONDITION = {
    "sourceMatcher": {"id": "x", "type": {"id": "BRANCH"}},
    "targetMatcher": {"id": "y", "type": {"id": "BRANCH"}},
    "reviewers": [{"name": "dev"}],
}
REBASE = "/rest/git/latest/projects/PRJ/repos/repo/pull-requests/{pull}/rebase"
PULL_LIKES = "/rest/comment-likes/latest/projects/PRJ/repos/repo/pull-requests/{pull}"
LIKES = "/rest/comment-likes/latest/projects/PRJ/repos/repo"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF6dug8lHWxUqG6YxG4/C+uqQ9G1MotVF0bvfu5Acbnu"
TOKEN = {"name": "t", "permissions": ["REPO_READ"]}
GRANT_PROJECT = "?name=bob&permission=PROJECT_READ"
GRANT_REPOSITORY = "?name=bob&permission=REPO_READ"


# The body of what a page sends: nothing that could be done.
FORM = object()


@dataclass(frozen=True)
class Row:
    """One method of one route."""

    need: str
    method: str
    path: str
    body: Any = None


def rows(need: str, *lines: str | tuple[str, Any]) -> list[Row]:
    found = []
    for line in lines:
        text, body = line if isinstance(line, tuple) else (line, None)
        *methods, path = text.split()
        found += [Row(need, method, path, body) for method in methods]
    return found


REST = [
    *rows(
        "nothing",
        "GET /status",
        f"GET {API}/application-properties",
    ),
    *rows(
        "anybody",
        "GET /rest/capabilities",
        "GET /plugins/servlet/applinks/whoami",
        "GET /rest/webhooks/latest/capabilities",
        f"GET {API}/projects",
        f"GET {API}/repos",
        "GET /rest/ssh/latest/settings",
        "GET /rest/authconfig/latest/login-options",
        f"GET {API}/admin/banner",
    ),
    *rows(
        "a person",
        f"GET {API}/users",
        f"GET {API}/users/bob",
        f"GET {API}/profile/recent/repos",
        f"GET {API}/admin/rate-limit/settings",
    ),
    *rows(
        "a licensed person",
        f"GET {API}/users/{{me}}/settings",
        f"GET {API}/admin/default-branch",
        "GET /rest/policies/latest/admin/repos/archive",
        "GET /rest/policies/latest/admin/repos/delete",
        f"GET {API}/admin/users",
        f"GET {API}/admin/users/more-members?context=bob",
        f"GET {API}/admin/users/more-non-members?context=bob",
        f"GET {API}/admin/groups",
        f"GET {API}/groups",
        f"GET {API}/admin/groups/more-members?context=devs",
        f"GET {API}/admin/groups/more-non-members?context=devs",
    ),
    *rows(
        "to write one's account",
        (f"PUT {API}/users", {"displayName": "New"}),
        f"DELETE {API}/users/{{me}}/avatar.png",
        (f"POST {API}/users/{{me}}/avatar.png", None),
        (f"POST {API}/users/{{me}}/settings", {"x": 1}),
    ),
    *rows(
        "one's own password",
        (
            f"PUT {API}/users/credentials",
            {
                "oldPassword": "correct horse battery",
                "password": "another long one",
                "passwordConfirm": "another long one",
            },
        ),
        "GET /rest/app-passwords/latest/users/{me}",
        ("PUT /rest/app-passwords/latest/users/{me}", TOKEN),
        "GET DELETE /rest/app-passwords/latest/users/{me}/{own_app_password}",
        "GET /rest/access-tokens/latest/users/{me}",
        ("PUT /rest/access-tokens/latest/users/{me}", TOKEN),
        "GET DELETE /rest/access-tokens/latest/users/{me}/{own_token}",
        ("POST /rest/access-tokens/latest/users/{me}/{own_token}", {"name": "x"}),
        "GET DELETE /rest/ssh/latest/keys",
        ("POST /rest/ssh/latest/keys", {"text": KEY}),
        "GET DELETE /rest/ssh/latest/keys/{own_key}",
    ),
    *rows(
        "to see the project",
        f"GET {P}",
        f"GET {P}/avatar.png",
        f"GET {P}/repos",
        f"GET {UTILS}/branchmodel/configuration",
    ),
    *rows(
        "to see the repository",
        f"GET {R}",
        f"GET {R}/default-branch",
        f"GET {R}/branches",
        f"GET {R}/branches/default",
        f"GET {R}/tags",
        f"GET {R}/tags/v1",
        f"GET {R}/commits",
        f"GET {R}/commits/main",
        f"GET {R}/commits/main/changes",
        f"GET {R}/commits/main/diff",
        f"GET {R}/commits/main/diff/src/main.py?since=refs/tags/light",
        f"GET {R}/commits/main/diff-stats-summary",
        f"GET {R}/commits/main/diff-stats-summary/src/main.py?since=refs/tags/light",
        f"GET {R}/commits/main/merge-base?otherCommitId=v1",
        f"GET {R}/changes?until=main",
        f"GET {R}/diff?until=main",
        f"GET {R}/diff/src/main.py?until=v1",
        f"GET {R}/patch?until=main",
        f"GET {R}/compare/changes?from=main&to=v1",
        f"GET {R}/compare/commits?from=main&to=v1",
        f"GET {R}/compare/diff?from=main&to=v1",
        f"GET {R}/compare/diff/src/main.py?from=v1&to=light",
        f"GET {R}/compare/diff-stats-summary?from=main&to=v1",
        f"GET {R}/compare/diff-stats-summary/src/main.py?from=v1&to=light",
        f"GET {R}/browse",
        f"GET {R}/browse/hello.txt",
        f"GET {R}/files",
        f"GET {R}/files/src",
        f"GET {R}/raw/hello.txt",
        f"GET {R}/last-modified",
        f"GET {R}/last-modified/src",
        f"GET {R}/readme",
        f"GET {R}/license?at=told",
        f"GET {R}/contributing?at=told",
        f"GET {R}/archive",
        "GET /rest/archive/latest/projects/PRJ/repos/repo/archive",
        f"GET {R}/labels",
        f"GET {UTILS}/repos/repo/branches/info/main",
        f"GET {UTILS}/repos/repo/branchmodel",
        f"GET {UTILS}/repos/repo/branchmodel/configuration",
        f"GET {API}/labels/first",
        f"GET {API}/labels/first/labeled",
        f"POST DELETE {R}/watch",
        f"POST DELETE {R}/commits/main/watch",
        f"GET {R}/forks",
        f"GET {R}/related",
        "GET /rest/sync/latest/projects/PRJ/repos/repo",
    ),
    # Refs stay where a caller moved them: each of these is answered alike the second time.
    *rows(
        "to write the repository",
        (f"POST {R}/branches", {"name": "new", "startPoint": "main"}),
        (f"POST {UTILS}/repos/repo/branches", {"name": "new", "startPoint": "main"}),
        (
            f"DELETE {UTILS}/repos/repo/branches",
            {"name": "refs/heads/gone", "endPoint": "main", "dryRun": False},
        ),
        (
            f"POST {R}/tags",
            {"name": "t", "startPoint": "main", "message": "m", "force": True, "type": "ANNOTATED"},
        ),
        (f"POST {GIT_TAGS}", {"name": "t", "startPoint": "main", "type": "LIGHTWEIGHT"}),
        f"DELETE {GIT_TAGS}/refs/heads/main",
        (
            f"PUT {R}/browse/hello.txt",
            {
                "content": "new",
                "message": "m",
                "branch": "main",
                "sourceCommitId": "main",
                "sourceBranch": "main",
            },
        ),
    ),
    *rows("a person", f"GET {API}/labels"),
    *rows(
        "to write the repository",
        (
            "POST /rest/sync/latest/projects/PRJ/repos/repo/synchronize",
            {"refId": "refs/heads/main", "action": "MERGE"},
        ),
    ),
    *rows(
        "to fork the repository",
        (f"POST {R}", {"name": "forked", "project": {"key": "PRJ"}}),
    ),
    *rows("to make the repository again", f"POST {R}/recreate"),
    *rows(
        "to see the repository",
        f"GET {R}/commits/main/comments",
        f"GET {R}/commits/main/comments/{{comment}}",
        f"GET {LIKES}/commits/main/comments/{{comment}}/likes",
        f"GET {R}/attachments/{{attachment}}",
        f"GET {R}/attachments/{{attachment}}/metadata",
        "GET /projects/PRJ/repos/repo/attachments/{attachment}",
    ),
    *rows(
        "to administer the repository",
        f"GET {RESTRICTIONS}/repos/repo/restrictions",
        f"GET DELETE {RESTRICTIONS}/repos/repo/restrictions/{{restriction}}",
        (f"POST {RESTRICTIONS}/repos/repo/restrictions", NO_DELETES),
    ),
    *rows(
        "to administer the project",
        f"GET {RESTRICTIONS}/restrictions",
        f"GET DELETE {RESTRICTIONS}/restrictions/{{project_restriction}}",
        (f"POST {RESTRICTIONS}/restrictions", NO_DELETES),
    ),
    *rows(
        "a person",
        f"GET {BUILDS}/commits/{'1' * 40}",
        f"GET {BUILDS}/commits/stats/{'1' * 40}",
        (f"POST {BUILDS}/commits/stats", ["1" * 40]),
    ),
    *rows("anybody", f"GET {API}/build/capabilities"),
    *rows("to report builds", (f"POST {BUILDS}/commits/{'1' * 40}", BUILD)),
    *rows("to see the repository", f"GET {R}/commits/main/builds?key=k"),
    *rows("to talk about the repository", (f"POST {R}/commits/main/builds", BUILD)),
    *rows("to administer the repository", f"DELETE {R}/commits/main/builds?key=k"),
    *rows(
        "to see one's pull requests",
        f"GET {API}/dashboard/pull-requests",
        f"GET {API}/dashboard/pull-request-suggestions",
        f"GET {API}/inbox/pull-requests",
        f"GET {API}/inbox/pull-requests/count",
    ),
    *rows(
        "to look at pull requests",
        f"GET {PULLS}",
        f"GET {PULL}",
        f"GET {PULL}.diff",
        f"GET {PULL}.patch",
        f"GET {PULL}/participants",
        f"GET {PULL}/activities",
        f"GET {PULL}/comments?path=LICENSE",
        f"GET {PULL}/comments/{{pull_comment}}",
        f"GET {PULL_LIKES}/comments/{{pull_comment}}/likes",
        f"GET {PULL}/blocker-comments",
        f"GET {PULL}/blocker-comments/{{pull_comment}}",
        f"GET {PULL}/review",
        f"GET {PULL}/changes",
        f"GET {PULL}/commits",
        f"GET {PULL}/diff",
        f"GET {PULL}/diff/LICENSE",
        f"GET {PULL}/diff-stats-summary",
        f"GET {PULL}/diff-stats-summary/LICENSE",
        f"GET {PULL}/merge-base",
        "GET /rest/jira/latest/projects/PRJ/repos/repo/pull-requests/{pull}/issues",
        f"GET {PULL}/merge",
        f"GET {PULL}/commit-message-suggestion",
        f"GET {REBASE}",
        f"GET {R}/commits/told/pull-requests",
    ),
    *rows(
        "to take part in pull requests",
        (
            f"POST {PULLS}",
            {"title": "t", "fromRef": {"id": "told"}, "toRef": {"id": "feature/one"}},
        ),
        f"POST DELETE {PULL}/watch",
        f"POST {PULL}/approve",
        (f"PUT {PULL}/participants/{{me}}", {"status": "NEEDS_WORK"}),
    ),
    *rows(
        "to take part in pull requests",
        (f"POST {PULL}/comments", {"text": "said"}),
        (f"POST {PULL}/blocker-comments", {"text": "asked"}),
        f"PUT DELETE {PULL_LIKES}/comments/{{pull_comment}}/reactions/+1",
        f"POST DELETE {PULL_LIKES}/comments/{{pull_comment}}/likes",
        (f"PUT {PULL}/review", {"commentText": "done"}),
        f"DELETE {PULL}/review",
    ),
    *rows(
        "to see the repository",
        f"GET {R}/settings/pull-requests",
        f"GET {DEFAULTS}/repos/repo/conditions",
        f"GET {DEFAULTS}/repos/repo/condition/{{condition}}",
        f"GET {DEFAULTS}/repos/repo/reviewers?sourceRepoId={{repository}}"
        "&targetRepoId={repository}&sourceRefId=told&targetRefId=main",
    ),
    *rows(
        "to administer the repository",
        (f"POST {R}/settings/pull-requests", {"requiredApprovers": 1}),
        (f"POST {DEFAULTS}/repos/repo/condition", CONDITION),
        (f"PUT {DEFAULTS}/repos/repo/condition/{{condition}}", CONDITION),
        f"DELETE {DEFAULTS}/repos/repo/condition/{{condition}}",
    ),
    *rows(
        "to see the project",
        f"GET {P}/settings/pull-requests/git",
        f"GET {DEFAULTS}/conditions",
        f"GET {DEFAULTS}/condition/{{project_condition}}",
    ),
    *rows(
        "to administer the project",
        (f"POST {P}/settings/pull-requests/git", {"mergeConfig": {}}),
        (f"POST {DEFAULTS}/condition", CONDITION),
        (f"PUT {DEFAULTS}/condition/{{project_condition}}", CONDITION),
        f"DELETE {DEFAULTS}/condition/{{project_condition}}",
    ),
    *rows("a person", f"GET {API}/admin/pull-requests/git"),
    *rows(
        "to administer the site",
        (f"POST {API}/admin/pull-requests/git", {"mergeConfig": {}}),
    ),
    *rows(
        "to write what pull requests are about",
        (f"POST {REBASE}", {"version": 0}),
        (
            f"POST {PULL}/comments/{{pull_comment}}/apply-suggestion",
            {"commentVersion": 0, "pullRequestVersion": 0, "suggestionIndex": 0},
        ),
    ),
    *rows("one's own approval", f"DELETE {PULL}/approve"),
    *rows(
        "to work on pull requests",
        (f"PUT {PULL}", {"title": "other", "version": 0}),
        (f"POST {PULL}/decline", {"version": 0}),
        (f"POST {PULL}/reopen", {"version": 0}),
        (f"POST {PULL}/merge", {"version": 0}),
        (f"POST {PULL}/participants", {"user": {"name": "dev"}, "role": "REVIEWER"}),
        f"DELETE {PULL}/participants?username=dev",
        f"DELETE {PULL}/participants/dev",
    ),
    *rows(
        "to administer pull requests",
        (f"DELETE {PULL}", {"version": 0}),
        (f"PUT {PULL}/comments/{{pull_comment}}?version=0", {"state": "RESOLVED"}),
        f"DELETE {PULL}/comments/{{pull_comment}}?version=0",
        (f"PUT {PULL}/blocker-comments/{{pull_comment}}?version=0", {"state": "RESOLVED"}),
        f"DELETE {PULL}/blocker-comments/{{pull_comment}}?version=0",
    ),
    *rows(
        "to talk about the repository",
        (
            f"POST {R}/commits/main/comments",
            {"text": "x", "anchor": {"path": "hello.txt", "line": 1, "lineType": "ADDED"}},
        ),
        f"PUT DELETE {LIKES}/commits/main/comments/{{comment}}/reactions/+1",
        f"POST DELETE {LIKES}/commits/main/comments/{{comment}}/likes",
        (f"PUT {R}/attachments/{{attachment}}/metadata", {"x": 1}),
        "POST /projects/PRJ/repos/repo/attachments",
    ),
    *rows(
        "to administer the repository",
        (f"PUT {R}/commits/main/comments/{{comment}}?version=0", {"state": "RESOLVED"}),
        f"DELETE {R}/commits/main/comments/{{comment}}?version=0",
        f"DELETE {R}/attachments/{{attachment}}",
        f"DELETE {R}/attachments/{{attachment}}/metadata",
    ),
    *rows("anybody", "GET /rest/emoticons/latest/search?query=thumb"),
    *rows("a person", f"POST {API}/markup/preview"),
    *rows(
        "to administer the repository",
        f"GET {R}/ref-change-activities",
        f"GET {R}/ref-change-activities/branches",
        (f"POST {R}/labels", {"name": "label"}),
        f"DELETE {R}/labels/first",
        (f"PUT {UTILS}/repos/repo/branchmodel/configuration", MODEL),
        f"DELETE {UTILS}/repos/repo/branchmodel/configuration",
        (f"PUT {R}", {"description": "new"}),
        ("POST /rest/sync/latest/projects/PRJ/repos/repo", {"enabled": False}),
        (f"PUT {R}/default-branch", {"id": "refs/heads/main"}),
        (f"PUT {R}/branches/default", {"id": "refs/heads/main"}),
        f"DELETE {R}/permissions?user=bob",
        "GET /rest/audit/latest/projects/PRJ/repos/repo/events",
        f"PUT {R}/permissions/users{GRANT_REPOSITORY}",
        f"DELETE {R}/permissions/users?name=bob",
        f"PUT {R}/permissions/groups?name=devs&permission=REPO_READ",
        f"DELETE {R}/permissions/groups?name=devs",
        "GET /rest/keys/latest/projects/PRJ/repos/repo/ssh",
        (
            "POST /rest/keys/latest/projects/PRJ/repos/repo/ssh",
            {"key": {"text": KEY}, "permission": "REPO_READ"},
        ),
        "GET DELETE /rest/keys/latest/projects/PRJ/repos/repo/ssh/{access_key}",
        "PUT /rest/keys/latest/projects/PRJ/repos/repo/ssh/{access_key}/permission/REPO_WRITE",
        (
            "DELETE /rest/keys/latest/ssh/{access_key}",
            {"repositories": [{"slug": "repo", "project": {"key": "PRJ"}}]},
        ),
    ),
    *rows(
        "to look at who may what in the repository",
        f"GET {R}/permissions/users",
        f"GET {R}/permissions/users/none",
        f"GET {R}/permissions/groups",
        f"GET {R}/permissions/groups/none",
        f"GET {R}/permissions/search",
    ),
    *rows("to delete the repository", f"DELETE {R}"),
    *rows(
        "the repository's credentials",
        "GET /rest/access-tokens/latest/projects/PRJ/repos/repo",
        ("PUT /rest/access-tokens/latest/projects/PRJ/repos/repo", TOKEN),
        "GET DELETE /rest/access-tokens/latest/projects/PRJ/repos/repo/{repository_token}",
        (
            "POST /rest/access-tokens/latest/projects/PRJ/repos/repo/{repository_token}",
            {"name": "x"},
        ),
    ),
    *rows(
        "to set up the repository's webhooks",
        f"GET {R}/webhooks",
        (f"POST {R}/webhooks", WEBHOOK),
        f"GET {R}/webhooks/search",
        (f"POST {R}/webhooks/test?url=http://127.0.0.1:1/", {}),
        f"GET PUT DELETE {R}/webhooks/{{webhook}}",
        (f"POST {R}/webhooks/{{webhook}}/test?url=http://127.0.0.1:1/", {}),
        f"GET {R}/webhooks/{{webhook}}/latest",
        f"GET {R}/webhooks/{{webhook}}/statistics",
        f"GET {R}/webhooks/{{webhook}}/statistics/summary",
    ),
    *rows(
        "to set up the project's webhooks",
        f"GET {P}/webhooks",
        (f"POST {P}/webhooks", WEBHOOK),
        (f"POST {P}/webhooks/test?url=http://127.0.0.1:1/", {}),
        f"GET PUT DELETE {P}/webhooks/{{project_webhook}}",
        (f"POST {P}/webhooks/{{project_webhook}}/test?url=http://127.0.0.1:1/", {}),
        f"GET {P}/webhooks/{{project_webhook}}/latest",
        f"GET {P}/webhooks/{{project_webhook}}/statistics",
        f"GET {P}/webhooks/{{project_webhook}}/statistics/summary",
    ),
    *rows("to create in the project", (f"POST {P}/repos", {"name": "more"})),
    *rows(
        "to administer the project",
        (f"PUT {P}", {"description": "new"}),
        f"DELETE {P}",
        (f"POST {P}/avatar.png", None),
        (f"PUT {UTILS}/branchmodel/configuration", MODEL),
        f"DELETE {UTILS}/branchmodel/configuration",
        f"DELETE {P}/permissions?user=bob",
        "GET /rest/audit/latest/projects/PRJ/events",
        f"PUT {P}/permissions/users{GRANT_PROJECT}",
        f"DELETE {P}/permissions/users?name=bob",
        f"PUT {P}/permissions/groups?name=devs&permission=PROJECT_READ",
        f"DELETE {P}/permissions/groups?name=devs",
        f"POST {P}/permissions/PROJECT_READ/all?allow=true",
        f"DELETE {P}/permissions/PROJECT_READ/all",
        "GET /rest/keys/latest/projects/PRJ/ssh",
        (
            "POST /rest/keys/latest/projects/PRJ/ssh",
            {"key": {"text": KEY}, "permission": "PROJECT_READ"},
        ),
        "GET DELETE /rest/keys/latest/projects/PRJ/ssh/{access_key}",
        "PUT /rest/keys/latest/projects/PRJ/ssh/{access_key}/permission/PROJECT_WRITE",
    ),
    *rows(
        "to look at who may what in the project",
        f"GET {P}/permissions/users",
        f"GET {P}/permissions/users/none",
        f"GET {P}/permissions/groups",
        f"GET {P}/permissions/groups/none",
        f"GET {P}/permissions/search",
        f"GET {P}/permissions/PROJECT_READ/all",
    ),
    *rows(
        "the project's credentials",
        "GET /rest/access-tokens/latest/projects/PRJ",
        ("PUT /rest/access-tokens/latest/projects/PRJ", TOKEN),
        "GET DELETE /rest/access-tokens/latest/projects/PRJ/{project_token}",
        ("POST /rest/access-tokens/latest/projects/PRJ/{project_token}", {"name": "x"}),
    ),
    *rows("to create projects", (f"POST {API}/projects", {"key": "NEW", "name": "new"})),
    *rows(
        "to look at the site",
        "GET /rest/basicauth/latest/config",
        "GET /metrics",
        f"GET {API}/admin/permissions/users",
        f"GET {API}/admin/permissions/users/none",
        f"GET {API}/admin/permissions/groups",
        f"GET {API}/admin/permissions/groups/none",
        f"GET {API}/admin/rate-limit/settings/users",
        f"GET {API}/admin/rate-limit/settings/users/bob",
        f"GET {API}/admin/rate-limit/history",
        "GET /rest/ssh/latest/admin",
        "GET /rest/ssh/latest/admin/supported-key-types",
    ),
    *rows(
        "to administer the site",
        (f"PUT {API}/admin/users", {"name": "bob", "displayName": "B"}),
        f"DELETE {API}/admin/users?name=bob",
        f"GET POST {API}/admin/users/erasure?name=bob",
        f"GET {API}/admin/user-directories",
        (f"PUT {API}/admin/banner", {"message": "x", "audience": "ALL"}),
        f"DELETE {API}/admin/banner",
        (f"PUT {API}/admin/default-branch", {"id": "main"}),
        f"DELETE {API}/admin/default-branch",
        ("PUT /rest/basicauth/latest/config", {"block-requests": False}),
        (f"POST {API}/admin/users/rename", {"name": "bob", "newName": "rob"}),
        f"DELETE {API}/admin/users/captcha?name=bob",
        (f"POST {API}/admin/users/add-group", {"context": "bob", "itemName": "devs"}),
        (f"POST {API}/admin/users/add-groups", {"user": "bob", "groups": ["devs"]}),
        (f"POST {API}/admin/users/remove-group", {"context": "bob", "itemName": "devs"}),
        f"POST {API}/admin/groups?name=new",
        "GET /rest/auditing/1.0/events",
        "GET /rest/auditing/1.0/events/export",
        "GET /rest/audit/latest/events",
        "GET /rest/auditing/1.0/configuration/retention",
        ("PUT /rest/auditing/1.0/configuration/retention", {"period": 1, "units": "YEARS"}),
        "DELETE /rest/audit/latest/notification-settings/retention-config-review",
        f"DELETE {API}/admin/groups?name=devs",
        (f"POST {API}/admin/groups/add-user", {"context": "devs", "itemName": "bob"}),
        (f"POST {API}/admin/groups/add-users", {"group": "devs", "users": ["bob"]}),
        (f"POST {API}/admin/groups/remove-user", {"context": "devs", "itemName": "bob"}),
        f"PUT {API}/admin/permissions/users?name=bob&permission=LICENSED_USER",
        f"DELETE {API}/admin/permissions/users?name=bob",
        f"PUT {API}/admin/permissions/groups?name=devs&permission=LICENSED_USER",
        f"DELETE {API}/admin/permissions/groups?name=devs",
        (f"PUT {API}/admin/rate-limit/settings", {"enabled": False}),
        (
            f"POST {API}/admin/rate-limit/settings/users",
            {"usernames": ["bob"], "whitelisted": True},
        ),
        (f"PUT {API}/admin/rate-limit/settings/users/bob", {"whitelisted": True}),
        f"DELETE {API}/admin/rate-limit/settings/users/bob",
        ("PUT /rest/ssh/latest/admin", {"maxExpiryDays": 0}),
    ),
    *rows(
        "to administer the site",
        f"GET DELETE {API}/admin/mail-server/sender-address",
        (f"PUT {API}/admin/mail-server/sender-address", "b@example.com"),
    ),
    *rows(
        "to administer the system",
        f"GET {API}/admin/logs/settings",
        (f"PUT {API}/admin/logs/settings", {"level": "WARN"}),
        f"GET {API}/logs/rootLogger",
        f"PUT {API}/logs/rootLogger/WARN",
        "POST /rest/secrets/1.0/keys/rotate",
        "POST /rest/secrets-manager/1.0/keys/rotate",
        "GET DELETE /rest/secrets/1.0/keys/inactive",
        "GET DELETE /rest/secrets-manager/1.0/keys/inactive",
        f"GET DELETE {API}/admin/mail-server",
        (f"PUT {API}/admin/mail-server", {"hostname": "smtp.example.com"}),
        ("PUT /rest/policies/latest/admin/repos/archive", {"permission": "REPO_ADMIN"}),
        ("PUT /rest/policies/latest/admin/repos/delete", {"permission": "REPO_ADMIN"}),
    ),
    *rows(
        "to administer the site's credentials",
        f"POST {API}/admin/users?name=new&password=a+long+enough+one&displayName=N&emailAddress=n@x.org",
        (
            f"PUT {API}/admin/users/credentials",
            {
                "name": "bob",
                "password": "a long enough one",
                "passwordConfirm": "a long enough one",
            },
        ),
        (
            "POST /rest/oauth2/latest/client",
            {"name": "x", "redirects": ["https://x.example.com"], "scopes": ["REPO_READ"]},
        ),
        ("PUT /rest/oauth2/latest/client/{application}", {"name": "y"}),
        "DELETE /rest/oauth2/latest/client/{application}",
    ),
    *rows(
        "to look at the site's applications",
        "GET /rest/oauth2/latest/client",
        "GET /rest/oauth2/latest/client/{application}",
    ),
    # An application says itself who it is, and is answered in OAuth's own words.
    *rows(
        "an application's own affair",
        "POST /rest/oauth2/latest/token",
        "POST /rest/oauth2/latest/revoke",
    ),
    # What nobody is refused, and everybody is shown what they may see of.
    *rows(
        "anybody",
        "GET /rest/keys/latest/ssh/{access_key}/projects",
        "GET /rest/keys/latest/ssh/{access_key}/repos",
    ),
]

GIT = [
    *rows(
        "to see the repository",
        "GET /scm/prj/repo.git/info/refs?service=git-upload-pack",
        "POST /scm/prj/repo.git/git-upload-pack",
    ),
    *rows(
        "to write the repository",
        "GET /scm/prj/repo.git/info/refs?service=git-receive-pack",
        "POST /scm/prj/repo.git/git-receive-pack",
    ),
    *rows("nothing", "GET /scm/prj/repo.git/config"),
]


def body_of(row: Row) -> dict[str, Any]:
    """Give what the test client sends with it."""
    if row in GIT and row.method == "POST":
        service = row.path.rsplit("/", 1)[1]
        return {"data": b"0000", "content_type": f"application/x-{service}-request"}
    if row.method == "GET" or row.body is FORM:
        return {}
    return {
        "data": json.dumps(row.body) if row.body is not None else "",
        "content_type": "application/json",
    }
