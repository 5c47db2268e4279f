"""Endpoints of how a place merges, what it asks for, and whom."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.representations import represent_person
from core.api.views import RestView
from core.errors import Invalid, NotFound
from pullrequests.representations import (
    represent_condition,
    represent_merge_config,
    represent_settings,
)
from pullrequests.selectors import default_reviewers as find_reviewers
from pullrequests.selectors import settings as find
from pullrequests.services import default_reviewers, settings
from pullrequests.services.default_reviewers import DefaultReviewersRequest
from pullrequests.services.settings import MergeCheckChanges, MergeConfigChanges, Place
from repos.api.resources import ProjectResource, RepositoryResource
from repos.api.restrictions import MatcherBody
from repos.selectors import repositories

MOST = 2**31 - 1


class _StrategyBody(serializers.Serializer):
    id = serializers.CharField(max_length=40)
    enabled = serializers.BooleanField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Take the name of the strategy where that is all that is sent."""
        return super().to_internal_value({"id": data} if isinstance(data, str) else data)


class _TemplateBody(serializers.Serializer):
    title = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    body = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )


class _ConfigBody(serializers.Serializer):
    defaultStrategy = _StrategyBody(required=False, allow_null=True)
    # With `many`, each of them could be null as well.
    strategies = serializers.ListField(child=_StrategyBody(), required=False, allow_null=True)
    commitSummaries = serializers.IntegerField(
        min_value=0, max_value=MOST, required=False, allow_null=True
    )
    commitMessageTemplate = _TemplateBody(required=False, allow_null=True)


class _CountField(serializers.Field):
    """A number, or an object that says whether it counts and what it is."""

    def to_internal_value(self, data: Any) -> int:
        """Give the number, 0 for none."""
        if isinstance(data, dict):
            if not data.get("enabled", True):
                return 0
            data = data.get("count", 0)
        if isinstance(data, str) and data.isascii() and data.isdigit() and len(data) < 6:
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 10_000:
            raise serializers.ValidationError("This must be a number of 0 or more.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is."""
        return value


class SettingsBody(serializers.Serializer):
    """What is to hold; what is left out stays."""

    mergeConfig = _ConfigBody(required=False, allow_null=True)
    requiredApprovers = _CountField(required=False)
    requiredSuccessfulBuilds = _CountField(required=False)
    requiredAllApprovers = serializers.BooleanField(required=False, allow_null=True)
    requiredAllTasksComplete = serializers.BooleanField(required=False, allow_null=True)
    needsWork = serializers.BooleanField(required=False, allow_null=True)
    unapproveOnUpdate = serializers.BooleanField(required=False, allow_null=True)


class _ReviewerField(serializers.Field):
    """A user by number or name."""

    def to_internal_value(self, data: Any) -> int | str:
        """Give the number, else the name."""
        if isinstance(data, dict):
            data = data["id"] if data.get("id") is not None else data.get("name")
        if isinstance(data, str) and 0 < len(data) <= 255:
            return data
        if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 2**53:
            raise serializers.ValidationError("This must be a user.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is."""
        return value


class ConditionBody(serializers.Serializer):
    """A condition as it is to be."""

    sourceMatcher = MatcherBody()
    targetMatcher = MatcherBody()
    reviewers = serializers.ListField(child=_ReviewerField())
    requiredApprovals = serializers.IntegerField(
        min_value=0, max_value=1000, required=False, allow_null=True
    )


class _Configured(RestView):
    """Shows and changes the ways to merge of a place."""

    def place(self) -> Place:
        """Whose they are: of the site where the path names no place."""
        return None

    def get(self, request: Request, **_: str) -> Response:
        """Show the effective settings."""
        return self._shown(self._git_place())

    def post(self, request: Request, **_: str) -> Response:
        """Say what is to hold."""
        place = self._git_place()
        _set_config(self, place, self.read(SettingsBody))
        return self._shown(place)

    def _shown(self, place: Place) -> Response:
        config = represent_merge_config(find.merge_config(self.actor, place))
        return self.show(config if place is None else {"mergeConfig": config})

    def _git_place(self) -> Place:
        place = self.place()
        if self.kwargs["scm_id"] != "git":
            raise NotFound(f'There is no SCM "{self.kwargs["scm_id"][:40]}".')
        return place


class SiteConfig(_Configured):
    """/admin/pull-requests/{scmId}"""

    def place(self) -> Place:
        """The site; anonymous callers see nothing of it."""
        find.require_person(self.actor)
        return None


class ProjectConfig(_Configured, ProjectResource):
    """/projects/{key}/settings/pull-requests/{scmId}"""

    def place(self) -> Place:
        """The project that the path names."""
        return self.project()


class RepositorySettings(RepositoryResource):
    """/projects/{key}/repos/{slug}/settings/pull-requests"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the effective settings."""
        repository = self.repository()
        return self.show(
            represent_settings(
                find.merge_config(self.actor, repository), find.checks(self.actor, repository)
            )
        )

    def post(self, request: Request, **_: str) -> Response:
        """Say what is to hold; what is left out stays."""
        repository = self.repository()
        body = self.read(SettingsBody)
        checks = MergeCheckChanges(
            required_approvals=body.get("requiredApprovers"),
            required_builds=body.get("requiredSuccessfulBuilds"),
            needs_all_approvals=body.get("requiredAllApprovers"),
            needs_all_tasks=body.get("requiredAllTasksComplete"),
            needs_no_objection=body.get("needsWork"),
            resets_approvals=body.get("unapproveOnUpdate"),
        )
        settings.set_checks(self.actor, repository, checks)
        if "mergeConfig" in body:
            _set_config(self, repository, body)
        return self.get(request)


def _set_config(view: RestView, place: Place, body: dict[str, Any]) -> None:
    config = body.get("mergeConfig") or {}
    if not config:
        settings.set_config(view.actor, place, None)
        return
    enabled = [one for one in config.get("strategies") or [] if one.get("enabled") is not False]
    if not enabled or not config.get("defaultStrategy"):
        raise Invalid("Name the strategies, and which is the default.", context="mergeConfig")
    template = config.get("commitMessageTemplate")
    settings.set_config(
        view.actor,
        place,
        MergeConfigChanges(
            strategies=tuple(one["id"] for one in enabled),
            default=config["defaultStrategy"]["id"],
            summaries=config.get("commitSummaries"),
            title=None if template is None else template.get("title") or "",
            body=None if template is None else template.get("body") or "",
        ),
    )


class _Conditions(ProjectResource):
    """The default reviewers of a place, as a bare list."""

    def get(self, request: Request, **_: str) -> Response:
        """List the conditions."""
        place = self.subject()
        rows = find_reviewers.list_of(self.actor, place)
        with_addresses = not self.actor.is_anonymous
        return self.show([represent_condition(one, with_addresses=with_addresses) for one in rows])


class _NewCondition(ProjectResource):
    """Where a condition is made."""

    def post(self, request: Request, **_: str) -> Response:
        """Make one."""
        made = default_reviewers.create(self.actor, self.subject(), _wanted(self))
        return self.show(represent_condition(made, with_addresses=not self.actor.is_anonymous))


class _Condition(ProjectResource):
    """One condition."""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show it, as clients ask that do not take the list."""
        found = find_reviewers.get(self.actor, self.subject(), number)
        return self.show(represent_condition(found, with_addresses=not self.actor.is_anonymous))

    def put(self, request: Request, number: str, **_: str) -> Response:
        """Change it."""
        changed = default_reviewers.update(self.actor, self.subject(), number, _wanted(self))
        return self.show(represent_condition(changed, with_addresses=not self.actor.is_anonymous))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Take it away."""
        default_reviewers.delete(self.actor, self.subject(), number)
        return self.nothing()


def _wanted(view: RestView) -> DefaultReviewersRequest:
    body = view.read(ConditionBody)

    def matcher(name: str) -> tuple[str, str]:
        return body[name]["type"]["id"], body[name].get("id") or ""

    return DefaultReviewersRequest(
        source=matcher("sourceMatcher"),
        target=matcher("targetMatcher"),
        reviewers=tuple(body["reviewers"]),
        required_approvals=body.get("requiredApprovals") or 0,
    )


class ProjectConditions(_Conditions):
    """/default-reviewers/latest/projects/{key}/conditions"""


class ProjectNewCondition(_NewCondition):
    """/default-reviewers/latest/projects/{key}/condition"""


class ProjectCondition(_Condition):
    """/default-reviewers/latest/projects/{key}/condition/{id}"""


class RepositoryConditions(_Conditions, RepositoryResource):
    """/default-reviewers/latest/projects/{key}/repos/{slug}/conditions"""


class RepositoryNewCondition(_NewCondition, RepositoryResource):
    """/default-reviewers/latest/projects/{key}/repos/{slug}/condition"""


class RepositoryCondition(_Condition, RepositoryResource):
    """/default-reviewers/latest/projects/{key}/repos/{slug}/condition/{id}"""


class Reviewers(RepositoryResource):
    """/default-reviewers/latest/projects/{key}/repos/{slug}/reviewers"""

    def get(self, request: Request, **_: str) -> Response:
        """List whom a pull request between two refs asks by default: users, as every client reads it."""
        self.repository()
        query = request.query_params
        ends = []
        for side in ("source", "target"):
            number, ref = query.get(f"{side}RepoId", ""), query.get(f"{side}RefId", "")
            if not (number.isascii() and number.isdigit() and len(number) < 19):
                raise Invalid(f"The {side}RepoId must be a number.", context=f"{side}RepoId")
            if not ref:
                raise Invalid(f"The {side}RefId is required.", context=f"{side}RefId")
            full = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
            ends.append((repositories.get_by_id(self.actor, int(number)), full))
        (source, from_ref), (target, to_ref) = ends
        found = find_reviewers.reviewers(self.actor, source, from_ref, target, to_ref)
        with_addresses = not self.actor.is_anonymous
        return self.show([represent_person(user, with_addresses=with_addresses) for user in found])
