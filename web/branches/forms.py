"""Forms that create branches and tags."""

from __future__ import annotations

from typing import Any

from django import forms

from web.frame.forms import Form

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
        """Return the branch name with the prefix of the chosen type, added once."""
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
        """Refuse a message for a lightweight tag, which cannot have one."""
        fields = super().clean()
        if self.cleaned_data.get("kind") == "lightweight" and self.cleaned_data.get("message"):
            self.add_error("message", "A lightweight tag has no message. Make it annotated.")
        return fields
