"""Forms for the settings of projects and repositories."""

from __future__ import annotations

from typing import Any

from django import forms

from repos.selectors.branch_models import TYPES, BranchModel, BranchType, LongLivedBranch
from web.account.forms import ACCESS_TOKEN_CHOICES, AccessTokenForm, SshKeyForm
from web.branches.forms import REF_FIELD
from web.frame.forms import Form


class RepositorySettingsForm(Form):
    """A repository that is changed."""

    name = forms.CharField(label="Repository name", max_length=1000)
    description = forms.CharField(label="Description", required=False, max_length=5000)
    project = forms.ChoiceField(
        label="Project",
        required=False,
        help_text="Old URLs keep working after a move: they redirect to the new ones.",
    )
    is_public = forms.BooleanField(
        label="Public access", required=False, help_text="Anyone, signed in or not, can read it."
    )
    is_forkable = forms.BooleanField(label="Allow forks", required=False)


class GrantForm(Form):
    """A permission that is given to a user or a group."""

    name = forms.CharField(label="Name", max_length=255)
    permission = forms.ChoiceField(label="Permission")


class RepositoryTokenForm(AccessTokenForm):
    """An HTTP access token of a repository: nothing of its project can be given to it."""

    permissions = forms.MultipleChoiceField(
        label="Permissions",
        choices=[one for one in ACCESS_TOKEN_CHOICES if one[0].startswith("REPO")],
        widget=forms.CheckboxSelectMultiple(attrs={"class": ""}),
    )


class AccessKeyForm(SshKeyForm):
    """A public key that is let into a project or repository."""

    permission = forms.ChoiceField(label="Permission")
    field_order = ["permission", "text", "label", "expiry_days"]


class LabelForm(Form):
    """A label that is added."""

    name = forms.CharField(
        label="Label",
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text="3 to 50 lower-case letters, digits and hyphens.",
    )


class DefaultBranchForm(Form):
    """Which branch is shown first."""

    default_branch = forms.CharField(
        label="Default branch", max_length=1000, widget=forms.TextInput(attrs=REF_FIELD)
    )


NONE, DEFAULT, NAMED = "none", "default", "named"


class BranchModelForm(Form):
    """A branch model: two long-lived branches, and a prefix for each type of the others."""

    development = forms.ChoiceField(
        label="Development branch",
        choices=[(DEFAULT, "The default branch"), (NAMED, "This branch:")],
    )
    development_ref = forms.CharField(
        label="Name of the development branch",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=REF_FIELD),
    )
    production = forms.ChoiceField(
        label="Production branch",
        choices=[(NONE, "None"), (DEFAULT, "The default branch"), (NAMED, "This branch:")],
    )
    production_ref = forms.CharField(
        label="Name of the production branch",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=REF_FIELD),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, (display_name, _) in TYPES.items():
            self.fields[f"is_{name}"] = forms.BooleanField(label=display_name, required=False)
            self.fields[f"prefix_{name}"] = forms.CharField(
                label=f"Prefix of {display_name}",
                required=False,
                max_length=500,
                widget=forms.TextInput(
                    attrs={"class": "input", "aria-label": f"Prefix of {display_name}"}
                ),
            )

    def types(self) -> list[tuple[Any, Any]]:
        """The switch and the prefix of each type, side by side."""
        return [(self[f"is_{name}"], self[f"prefix_{name}"]) for name in TYPES]

    def wanted(self) -> dict[str, Any]:
        """What the service takes."""
        fields = self.cleaned_data
        return {
            "development": self._long_lived("development"),
            "production": None if fields["production"] == NONE else self._long_lived("production"),
            "types": [
                BranchType(name, fields[f"prefix_{name}"], fields[f"is_{name}"]) for name in TYPES
            ],
        }

    def _long_lived(self, which: str) -> LongLivedBranch:
        is_default = self.cleaned_data[which] == DEFAULT
        return LongLivedBranch("" if is_default else self.cleaned_data[f"{which}_ref"], is_default)

    @staticmethod
    def shown(model: BranchModel) -> dict[str, Any]:
        """What the form shows of a model."""
        values: dict[str, Any] = {}
        for which, branch in (("development", model.development), ("production", model.production)):
            values[which] = NONE if branch is None else DEFAULT if branch.is_default else NAMED
            ref = branch.ref if branch else ""
            values[f"{which}_ref"] = ref.removeprefix("refs/heads/")
        for one in model.types:
            values[f"is_{one.id}"] = one.is_enabled
            values[f"prefix_{one.id}"] = one.prefix or TYPES[one.id][1]
        return values
