"""The form that forks a repository."""

from __future__ import annotations

from django import forms

from web.frame.forms import Form


class ForkForm(Form):
    """A fork that is made; no project is one's own."""

    project = forms.ChoiceField(label="Project", required=False)
    name = forms.CharField(label="Repository name", max_length=1000)
    follows = forms.BooleanField(
        label="Keep in sync",
        required=False,
        help_text="Branches and tags that are not changed in the fork are updated automatically.",
    )
