"""Users, groups, and their permissions on the whole site."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.permissions import Permission

SITE_PERMISSIONS = [
    (permission.value, permission.name)
    for permission in (
        Permission.LICENSED_USER,
        Permission.PROJECT_CREATE,
        Permission.ADMIN,
        Permission.SYS_ADMIN,
    )
]


class User(AbstractBaseUser):
    """A person, or a service that acts like one; found by name without regard to case."""

    class Type(models.TextChoices):
        """SERVICE users belong to project and repository tokens and never sign in."""

        NORMAL = "NORMAL"
        SERVICE = "SERVICE"

    name = models.CharField(max_length=255, unique=True)
    slug = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=255)
    email_address = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=7, choices=Type.choices, default=Type.NORMAL)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Who was taken out keeps their history under their name, until somebody erases it.
    removed_at = models.DateTimeField(null=True)
    # How times are written for them; empty for the server's own way.
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=16, blank=True)

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        """Listed by name; two names that differ only in case are one."""

        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="user_name_ignoring_case")]

    def __str__(self) -> str:
        """Show the name by which the user signs in."""
        return self.name


class Group(models.Model):
    """A named set of users."""

    name = models.CharField(max_length=255, unique=True)
    members = models.ManyToManyField(User, related_name="member_of", blank=True)

    class Meta:
        """Listed by name."""

        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="group_name_ignoring_case")]

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class GlobalGrant(models.Model):
    """What a user or a group may on the whole site: one row, the highest step."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="global_grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="global_grants")
    permission = models.PositiveSmallIntegerField(choices=SITE_PERMISSIONS)

    class Meta:
        """One row for each holder; a holder is a user or a group."""

        constraints = [
            models.UniqueConstraint(fields=["user"], name="one_global_grant_of_a_user"),
            models.UniqueConstraint(fields=["group"], name="one_global_grant_of_a_group"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, group__isnull=True)
                | models.Q(user__isnull=True, group__isnull=False),
                name="global_grant_has_one_holder",
            ),
        ]

    def __str__(self) -> str:
        """Show who may what."""
        return f"{self.user or self.group}: {Permission(self.permission).name}"
