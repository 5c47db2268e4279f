"""Endpoints of branch permissions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.body import BulkJSONParser, StrictJSONParser
from core.errors import Invalid
from repos.api.resources import ProjectResource, RepositoryResource
from repos.models import RefRestriction
from repos.representations import represent_restriction
from repos.selectors import restrictions as find
from repos.services import restrictions
from repos.services.restrictions import RestrictionRequest

MOST_AT_ONCE = 100


class _NamedField(serializers.Field):
    """A name, or a thing that has one."""

    def to_internal_value(self, data: Any) -> str:
        """Give the name."""
        if isinstance(data, dict):
            data = data.get("name") or data.get("slug")
        if not isinstance(data, str) or len(data) > 255:
            raise serializers.ValidationError("This must be a name.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is."""
        return value


class _KeyField(serializers.Field):
    """The number of a key, or an access key as answers show it."""

    def to_internal_value(self, data: Any) -> int:
        """Give the number."""
        if isinstance(data, dict):
            inner = data.get("key")
            data = inner.get("id") if isinstance(inner, dict) else data.get("id")
        if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 2**63:
            raise serializers.ValidationError("This must be the id of a key.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is."""
        return value


class _TypeBody(serializers.Serializer):
    id = serializers.CharField(max_length=40)

    def to_internal_value(self, data: Any) -> Any:
        """Take the name of the type where that is all that is sent."""
        return super().to_internal_value({"id": data} if isinstance(data, str) else data)


class _KindField(serializers.CharField):
    """A kind of restriction: `no-deletes`, or an object with `NO_DELETES`, as a command line client sends it."""

    def to_internal_value(self, data: Any) -> str:
        """Give the name that Bitbucket's reference uses."""
        name: str = super().to_internal_value(
            data.get("id", {}) if isinstance(data, dict) else data
        )
        return name.lower().replace("_", "-")


class MatcherBody(serializers.Serializer):
    """What a rule is about."""

    id = serializers.CharField(
        max_length=1024, required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    type = _TypeBody()


def _names() -> serializers.ListField:
    return serializers.ListField(child=_NamedField(), required=False, allow_null=True)


def _keys() -> serializers.ListField:
    return serializers.ListField(child=_KeyField(), required=False, allow_null=True)


class RestrictionBody(serializers.Serializer):
    """A rule as it is to be."""

    id = serializers.IntegerField(min_value=0, max_value=2**53, required=False, allow_null=True)
    type = _KindField(max_length=40)
    matcher = MatcherBody()
    users = _names()
    userSlugs = _names()
    groups = _names()
    groupNames = _names()
    accessKeys = _keys()
    accessKeyIds = _keys()


class _Restrictions(ProjectResource):
    """The rules of a place."""

    parser_classes = [StrictJSONParser, BulkJSONParser]

    def get(self, request: Request, **_: str) -> Response:
        """List them."""
        query = request.query_params
        page = find.list_of(
            self.actor,
            self.subject(),
            self.wanted(),
            kind=query.get("type", ""),
            matcher_type=query.get("matcherType", ""),
            matcher_id=query.get("matcherId", ""),
        )
        return self.show_page(page, represent_restriction)

    def post(self, request: Request, **_: str) -> Response:
        """Make one, or many at once: then all of them or none."""
        place = self.subject()
        find.require_administrator(self.actor, place)
        is_list = isinstance(request.data, list)
        bodies = request.data if is_list else [request.data]
        if len(bodies) > MOST_AT_ONCE:
            raise Invalid(f"At most {MOST_AT_ONCE} restrictions are made at once.")
        made = restrictions.put(self.actor, place, [self._wanted(body) for body in bodies])
        shown = [represent_restriction(one) for one in made]
        return self.show(shown if is_list else shown[0])

    def _wanted(self, data: Any) -> RestrictionRequest:
        if not isinstance(data, dict):
            raise Invalid("A restriction must be a JSON object.")
        judged = RestrictionBody(data=data)
        judged.is_valid(raise_exception=True)
        body = judged.validated_data
        return RestrictionRequest(
            kind=body["type"],
            matcher_type=body["matcher"]["type"]["id"],
            matcher_id=body["matcher"].get("id") or "",
            users=(*(body.get("users") or ()), *(body.get("userSlugs") or ())),
            groups=(*(body.get("groups") or ()), *(body.get("groupNames") or ())),
            access_keys=(*(body.get("accessKeys") or ()), *(body.get("accessKeyIds") or ())),
            number=body.get("id"),
        )


class _RestrictionDetail(ProjectResource):
    """One rule of a place."""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show it."""
        found: RefRestriction = find.get(self.actor, self.subject(), number)
        return self.show(represent_restriction(found))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Lift it."""
        restrictions.remove(self.actor, self.subject(), number)
        return self.nothing()


class ProjectRestrictions(_Restrictions):
    """/branch-permissions/latest/projects/{key}/restrictions"""


class ProjectRestrictionDetail(_RestrictionDetail):
    """/branch-permissions/latest/projects/{key}/restrictions/{id}"""


class RepositoryRestrictions(_Restrictions, RepositoryResource):
    """/branch-permissions/latest/projects/{key}/repos/{slug}/restrictions"""


class RepositoryRestrictionDetail(_RestrictionDetail, RepositoryResource):
    """/branch-permissions/latest/projects/{key}/repos/{slug}/restrictions/{id}"""
