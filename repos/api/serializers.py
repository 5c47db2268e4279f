"""Bodies that may come in about projects and repositories; unknown fields are ignored."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api.serializers import SshKeyBody


class ProjectBody(serializers.Serializer):
    """A project as it is made or changed."""

    key = serializers.CharField(max_length=300)
    name = serializers.CharField(max_length=300, required=False)
    description = serializers.CharField(
        allow_blank=True, allow_null=True, required=False, max_length=5000
    )
    public = serializers.BooleanField(required=False)
    avatar = serializers.CharField(required=False, max_length=2_000_000)


class ProjectName(serializers.Serializer):
    """A project as another body names it; clients that send whole entities leave its key out where it is in the path."""

    key = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RepositoryBody(serializers.Serializer):
    """A repository as it is made or changed."""

    name = serializers.CharField(max_length=5000)
    description = serializers.CharField(
        allow_blank=True, allow_null=True, required=False, max_length=5000
    )
    project = ProjectName(required=False)
    public = serializers.BooleanField(required=False)
    forkable = serializers.BooleanField(required=False)
    archived = serializers.BooleanField(required=False)
    defaultBranch = serializers.CharField(required=False, allow_null=True, max_length=1000)
    scmId = serializers.ChoiceField(choices=["git"], required=False)


class BranchName(serializers.Serializer):
    """A branch by its full or short name."""

    id = serializers.CharField(max_length=1000)


class AccessKeyBody(serializers.Serializer):
    """A public key and what it may do."""

    key = SshKeyBody()
    permission = serializers.CharField(max_length=50)


class _ProjectNameBody(serializers.Serializer):
    key = serializers.CharField(max_length=300)


class _RepositoryNameBody(serializers.Serializer):
    slug = serializers.CharField(max_length=300)
    project = _ProjectNameBody()


class AccessKeyPlacesBody(serializers.Serializer):
    """Projects and repositories, by their names."""

    projects = _ProjectNameBody(many=True, required=False)
    repositories = _RepositoryNameBody(many=True, required=False)


class NewBranchBody(serializers.Serializer):
    """A branch that is to be made."""

    name = serializers.CharField(max_length=1000)
    startPoint = serializers.CharField(max_length=1000)


class BranchDeletionBody(serializers.Serializer):
    """A branch that is to be deleted, and where it is expected to be."""

    name = serializers.CharField(max_length=1000)
    endPoint = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, allow_null=True
    )
    dryRun = serializers.BooleanField(required=False, allow_null=True, default=False)


class NewTagBody(serializers.Serializer):
    """A tag that is to be made."""

    name = serializers.CharField(max_length=1000)
    startPoint = serializers.CharField(max_length=1000)
    message = serializers.CharField(
        max_length=32_768, required=False, allow_blank=True, allow_null=True
    )
    type = serializers.ChoiceField(
        choices=["ANNOTATED", "LIGHTWEIGHT"], required=False, allow_null=True
    )
    force = serializers.BooleanField(required=False, allow_null=True, default=False)


class LabelBody(serializers.Serializer):
    """A label by its name."""

    name = serializers.CharField(max_length=1000)


class _LongLivedBranchBody(serializers.Serializer):
    refId = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)
    useDefault = serializers.BooleanField(required=False, default=False)


class _BranchTypeBody(serializers.Serializer):
    id = serializers.CharField(max_length=50)
    enabled = serializers.BooleanField(required=False, default=True)
    prefix = serializers.CharField(
        max_length=255, required=False, allow_blank=True, allow_null=True
    )


class BranchModelBody(serializers.Serializer):
    """A branch model: its long-lived branches, and a prefix for each type of the others."""

    development = _LongLivedBranchBody()
    production = _LongLivedBranchBody(required=False, allow_null=True)
    types = _BranchTypeBody(many=True, required=False)


class PolicyBody(serializers.Serializer):
    """Which permission something needs."""

    permission = serializers.CharField(max_length=50)
