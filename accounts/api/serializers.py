"""Bodies that may come in about people; unknown fields are ignored."""

from __future__ import annotations

from rest_framework import serializers


class SecretBody(serializers.Serializer):
    """An app password or access token as it is made or changed."""

    name = serializers.CharField(max_length=1000)
    permissions = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100)
    expiryDays = serializers.IntegerField(required=False, allow_null=True)


class UserBody(serializers.Serializer):
    """A user's details as they are changed; an administrator's call names the user."""

    name = serializers.CharField(max_length=300, required=False)
    displayName = serializers.CharField(max_length=300, required=False)
    email = serializers.CharField(max_length=300, required=False, allow_blank=True)
    # As it is called where users are made and shown.
    emailAddress = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RenameBody(serializers.Serializer):
    """A user's old and new name."""

    name = serializers.CharField(max_length=300)
    newName = serializers.CharField(max_length=300)


class PasswordBody(serializers.Serializer):
    """A new password, twice; whose it is, or the old one."""

    name = serializers.CharField(max_length=300, required=False)
    oldPassword = serializers.CharField(max_length=5000, required=False, trim_whitespace=False)
    password = serializers.CharField(max_length=5000, trim_whitespace=False)
    passwordConfirm = serializers.CharField(max_length=5000, trim_whitespace=False)

    def validate(self, data: dict[str, str]) -> dict[str, str]:
        """Both must be the same."""
        if data["password"] != data["passwordConfirm"]:
            raise serializers.ValidationError(
                {"passwordConfirm": ["The two passwords are not the same."]}
            )
        return data


class PickerBody(serializers.Serializer):
    """One thing put into another, by their names."""

    context = serializers.CharField(max_length=300)  # type: ignore[assignment]
    itemName = serializers.CharField(max_length=300)


class UserAndGroupsBody(serializers.Serializer):
    """A user and groups, by their names."""

    user = serializers.CharField(max_length=300)
    groups = serializers.ListField(child=serializers.CharField(max_length=300), max_length=1000)


class GroupAndUsersBody(serializers.Serializer):
    """A group and users, by their names."""

    group = serializers.CharField(max_length=300)
    users = serializers.ListField(child=serializers.CharField(max_length=300), max_length=1000)


class SshKeyBody(serializers.Serializer):
    """A public key, with what it is called and for how long it is good."""

    text = serializers.CharField(trim_whitespace=False, max_length=40_000)
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=1000, required=False, allow_blank=True, allow_null=True
    )
    expiryDays = serializers.IntegerField(required=False, allow_null=True)


class KeyTypeRestrictionBody(serializers.Serializer):
    """What is asked of one kind of key."""

    algorithm = serializers.CharField(max_length=50)
    allowed = serializers.BooleanField(required=False)
    minKeyLength = serializers.IntegerField(required=False, allow_null=True)


class SshKeySettingsBody(serializers.Serializer):
    """Which keys are taken."""

    keyTypeRestrictions = KeyTypeRestrictionBody(many=True, required=False)
    maxExpiryDays = serializers.IntegerField(required=False)


class BudgetBody(serializers.Serializer):
    """How many requests at once, and how many more each second."""

    capacity = serializers.IntegerField(required=False)
    fillRate = serializers.IntegerField(required=False)


class RateLimitSettingsBody(serializers.Serializer):
    """The default rate limit."""

    enabled = serializers.BooleanField(required=False)
    defaultSettings = BudgetBody(required=False)


class UserRateLimitBody(serializers.Serializer):
    """What one user may."""

    settings = BudgetBody(required=False)
    whitelisted = serializers.BooleanField(required=False)


class BulkRateLimitBody(UserRateLimitBody):
    """What several users may."""

    usernames = serializers.ListField(child=serializers.CharField(max_length=300), max_length=1000)


class OAuthApplicationBody(serializers.Serializer):
    """An application that may ask people to let it act for them, as it is registered or changed."""

    name = serializers.CharField(max_length=1000)
    redirects = serializers.ListField(child=serializers.CharField(max_length=5000), max_length=100)
    scopes = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100)
    confidential = serializers.BooleanField(required=False, default=True)


class BannerBody(serializers.Serializer):
    """A sentence above every page."""

    message = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    audience = serializers.CharField(max_length=100)
    enabled = serializers.BooleanField(required=False)


# Names with hyphens, which no attribute can bear.
BasicAuthBody = type(
    "BasicAuthBody",
    (serializers.Serializer,),
    {
        "__doc__": "Whether REST and Git take passwords.",
        "block-requests": serializers.BooleanField(required=False),
        "show-warning-message": serializers.BooleanField(required=False),
        "allowed-users": serializers.ListField(child=serializers.CharField(), required=False),
        "allowed-paths": serializers.ListField(child=serializers.CharField(), required=False),
    },
)
