"""Forms that create projects and repositories."""

from __future__ import annotations

from django import forms

from web.frame.forms import Form


class ProjectForm(Form):
    """A project that is made or changed."""

    name = forms.CharField(
        label="Project name",
        max_length=1000,
        widget=forms.TextInput(attrs={"data-makes": "id_key", "autocomplete": "off"}),
    )
    key = forms.CharField(
        label="Project key",
        max_length=1000,
        help_text="Used in URLs, for example in clone URLs.",
    )
    description = forms.CharField(label="Description", required=False, max_length=5000)
    is_public = forms.BooleanField(
        label="Public access",
        required=False,
        help_text="Anyone, signed in or not, can read its repositories.",
    )


class RepositoryForm(Form):
    """A repository that is made."""

    name = forms.CharField(
        label="Repository name",
        max_length=1000,
        widget=forms.TextInput(attrs={"data-makes": "slug", "autocomplete": "off"}),
    )
    description = forms.CharField(label="Description", required=False, max_length=5000)
    default_branch = forms.CharField(label="Default branch", max_length=300, required=False)
    is_public = forms.BooleanField(
        label="Public access", required=False, help_text="Anyone, signed in or not, can read it."
    )
