"""Forms of pull requests."""

from __future__ import annotations

from django import forms

from gitengine.merge_strategies import Strategy
from pullrequests.models.pull_requests import LONGEST_DESCRIPTION, LONGEST_TITLE
from pullrequests.representations.settings import STRATEGIES
from web.frame.forms import Form

NO_HEAD = "The form does not contain the commit you viewed. Reload the page and send it again."


class TitleForm(Form):
    """What a pull request is called, what it is for, and who is asked."""

    title = forms.CharField(
        label="Title",
        max_length=LONGEST_TITLE,
        widget=forms.TextInput(attrs={"id": "pull-request-title"}),
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=LONGEST_DESCRIPTION,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Supports Markdown and @mentions.",
    )
    reviewers = forms.CharField(
        label="Reviewers",
        required=False,
        max_length=4096,
        help_text="Usernames, separated by commas.",
    )
    draft = forms.BooleanField(
        label="Draft",
        required=False,
        help_text="It can be reviewed but not merged until it is marked as ready.",
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Who is asked."""
        text = self.cleaned_data["reviewers"].replace("@", "")
        return tuple(name.strip() for name in text.split(",") if name.strip())

    @property
    def words(self) -> str:
        """The description, with the line breaks that texts have here."""
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")


class EditForm(TitleForm):
    """The same, of one that is there."""

    target = forms.CharField(label="Target branch", max_length=1000)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class MergeForm(Form):
    """How it is to be merged."""

    strategy = forms.ChoiceField(label="Merge strategy")
    message = forms.CharField(
        label="Commit message",
        required=False,
        max_length=32_768,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    deleteSourceRef = forms.BooleanField(
        label="Delete the source branch after merging", required=False
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def offer_strategies(self, strategies: tuple[Strategy, ...]) -> None:
        """Let one of these be chosen."""
        self.offer("strategy", [(one.value, STRATEGIES[one][0]) for one in strategies])


class ReviewForm(Form):
    """The end of a review: a last word, and a judgement of the head that was shown."""

    text = forms.CharField(
        label="Anything to add?",
        required=False,
        strip=False,
        max_length=32_768,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    status = forms.ChoiceField(
        label="Your judgement",
        required=False,
        choices=[
            ("", "No change"),
            ("APPROVED", "Approve"),
            ("NEEDS_WORK", "Request changes"),
            ("UNAPPROVED", "None"),
        ],
        error_messages={"invalid_choice": "Choose a review status."},
    )
    head = forms.CharField(
        max_length=40, widget=forms.HiddenInput, error_messages={"required": NO_HEAD}
    )
