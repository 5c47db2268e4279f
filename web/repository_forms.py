"""Forms for what shapes a repository: branches, tags, forks, labels, the branch model."""

from __future__ import annotations

from typing import Any

from django import forms

from repos.selectors.branch_models import TYPES, BranchModel, BranchType, LongLived
from web.forms import Form

REF_FIELD = {"autocomplete": "off", "list": "ref-names", "spellcheck": "false"}


class BranchForm(Form):
    """A branch that is made."""

    type = forms.ChoiceField(
        label="Branch type", required=False, widget=forms.Select(attrs={"data-prefixes": ""})
    )
    name = forms.CharField(
        label="Branch name",
        max_length=500,
        widget=forms.TextInput(
            attrs={
                "class": "input text branch-name",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    start_point = forms.CharField(
        label="Branch from",
        max_length=1000,
        widget=forms.TextInput(attrs=REF_FIELD),
        help_text="A branch, a tag or a commit.",
    )
    field_order = ["type", "start_point", "name"]

    def full_name(self) -> str:
        """The name with the prefix of the chosen type, which nobody gets twice."""
        prefix, name = self.cleaned_data["type"], self.cleaned_data["name"]
        return str(name) if name.startswith(prefix) else f"{prefix}{name}"


class TagForm(Form):
    """A tag that is made."""

    name = forms.CharField(
        label="Tag name",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    start_point = forms.CharField(
        label="Tag what",
        max_length=1000,
        widget=forms.TextInput(attrs=REF_FIELD),
        help_text="A branch, a tag or a commit.",
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=[
            ("annotated", "Annotated: with a message, your name and the time"),
            ("lightweight", "Lightweight: a name for a commit, nothing else"),
        ],
    )
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=30_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any] | None:
        """Let nobody write a message that a lightweight tag would lose."""
        fields = super().clean()
        if self.cleaned_data.get("kind") == "lightweight" and self.cleaned_data.get("message"):
            self.add_error("message", "A lightweight tag has no message. Make it annotated.")
        return fields


class ForkForm(Form):
    """A fork that is made; no project is one's own."""

    project = forms.ChoiceField(label="Project", required=False)
    name = forms.CharField(label="Repository name", max_length=1000)
    follows = forms.BooleanField(
        label="Keep it in step",
        required=False,
        help_text="Branches and tags that nobody changed in the fork follow this repository by themselves.",
    )


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


class PoliciesForm(Form):
    """Who may archive and delete repositories."""

    archive = forms.ChoiceField(label="Archive and bring back repositories")
    delete = forms.ChoiceField(label="Delete repositories")


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

    def _long_lived(self, which: str) -> LongLived:
        is_default = self.cleaned_data[which] == DEFAULT
        return LongLived("" if is_default else self.cleaned_data[f"{which}_ref"], is_default)

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
