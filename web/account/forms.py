"""Forms for signing in and for a user's own account."""

from __future__ import annotations

from django import forms

from notifications.models import Kind, MailPreference
from web.frame.forms import Form


class LoginForm(Form):
    """Name and password, under the names that Bitbucket's own form uses."""

    j_username = forms.CharField(
        label="Username",
        max_length=255,
        widget=forms.TextInput(
            attrs={"id": "j_username", "autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    j_password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(
            attrs={"id": "j_password", "autocomplete": "current-password"}, render_value=False
        ),
    )
    _atl_remember_me = forms.BooleanField(label="Keep me signed in", required=False)


APP_PASSWORD_CHOICES = [
    ("ACCOUNT_READ", "Account: read"),
    ("ACCOUNT_WRITE", "Account: write"),
    ("PROJECT_READ", "Projects: read"),
    ("PROJECT_WRITE", "Projects: write"),
    ("PROJECT_ADMIN", "Projects: admin"),
    ("REPO_READ", "Repositories: read"),
    ("REPO_WRITE", "Repositories: write"),
    ("REPO_ADMIN", "Repositories: admin"),
    ("REPO_DELETE", "Repositories: delete"),
    ("PULL_REQUEST_READ", "Pull requests: read"),
    ("PULL_REQUEST_WRITE", "Pull requests: write"),
    ("WEBHOOK", "Webhooks"),
]


ACCESS_TOKEN_CHOICES = [
    ("REPO_READ", "Repositories: read"),
    ("REPO_WRITE", "Repositories: write"),
    ("REPO_ADMIN", "Repositories: admin"),
    ("PROJECT_READ", "Projects and their repositories: read"),
    ("PROJECT_WRITE", "Projects and their repositories: write"),
    ("PROJECT_ADMIN", "Projects and their repositories: admin"),
]


class AppPasswordForm(Form):
    """An app password that is made."""

    name = forms.CharField(label="Label", max_length=1000, help_text="Which program will use it.")
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=APP_PASSWORD_CHOICES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )


class AccessTokenForm(Form):
    """An HTTP access token that is made."""

    name = forms.CharField(label="Token name", max_length=1000)
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=ACCESS_TOKEN_CHOICES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )
    expiry_days = forms.IntegerField(
        label="Expires after (days)",
        required=False,
        help_text="Leave empty for the longest allowed time.",
    )


class UserDetailsForm(Form):
    """A user whose details change."""

    display_name = forms.CharField(label="Full name", max_length=300)
    email_address = forms.CharField(label="E-mail address", max_length=300, required=False)


class PasswordForm(Form):
    """A password that an administrator sets."""

    password = forms.CharField(
        label="New password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class OwnPasswordForm(PasswordForm):
    """One's own password, changed by who knows the old one."""

    old_password = forms.CharField(
        label="Old password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["old_password", "password"]


class SshKeyForm(Form):
    """A public key that is added."""

    text = forms.CharField(
        label="Key",
        max_length=40_000,
        widget=forms.Textarea(
            attrs={"rows": 5, "spellcheck": "false", "placeholder": "ssh-ed25519 AAAA…"}
        ),
        help_text="The public half: the content of ~/.ssh/id_ed25519.pub. "
        "Create one with: ssh-keygen -t ed25519",
    )
    label = forms.CharField(
        label="Label",
        required=False,
        max_length=1000,
        help_text="Leave empty to use the comment of the key.",
    )
    expiry_days = forms.IntegerField(
        label="Expires after (days)",
        required=False,
        help_text="Leave empty for the longest allowed time.",
    )


OAUTH_SCOPE_CHOICES = [
    ("PUBLIC_REPOS", "Read what is public"),
    ("ACCOUNT_WRITE", "Change the account's name and email address"),
    ("REPO_READ", "Read repositories: clone, browse, read pull requests"),
    ("REPO_WRITE", "Write to repositories: push, comment and merge"),
    ("REPO_ADMIN", "Administer repositories: settings, permissions, deletion"),
    ("PROJECT_ADMIN", "Administer projects with their repositories"),
    ("ADMIN_WRITE", "Administer this site: users, groups, global permissions"),
    ("SYSTEM_ADMIN", "Everything a system administrator can do"),
]


class ProfileForm(UserDetailsForm):
    """What people say of themselves."""

    time_zone = forms.ChoiceField(label="Time zone", required=False)
    language = forms.ChoiceField(
        label="Language of dates and times",
        required=False,
        help_text="How dates and times are formatted. All other text stays in English.",
    )


class AvatarForm(Form):
    """An avatar upload."""

    avatar = forms.FileField(
        label="Picture",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
        help_text="PNG, JPEG, GIF or WebP, at most 1 MiB. It is cropped to a square.",
    )


class MailPreferenceForm(Form):
    """The mail preference of a user."""

    mode = forms.ChoiceField(
        label="When", choices=MailPreference.Mode.choices, widget=forms.RadioSelect
    )
    kinds = forms.MultipleChoiceField(
        label="Of what",
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    of_own = forms.BooleanField(label="Also notify me of my own actions", required=False)
