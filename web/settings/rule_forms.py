"""Forms of branch permissions, default reviewers, and of how pull requests are merged."""

from __future__ import annotations

from django import forms

from gitengine.merge_strategies import Strategy
from pullrequests.representations.settings import STRATEGIES
from repos.matchers import NAMES, MatcherType
from repos.models import RefRestriction
from web.frame.forms import Form

KINDS = [
    (RefRestriction.Kind.PULL_REQUEST_ONLY, "Prevent changes without a pull request"),
    (RefRestriction.Kind.FAST_FORWARD_ONLY, "Prevent rewriting history"),
    (RefRestriction.Kind.NO_DELETES, "Prevent deletion"),
    (RefRestriction.Kind.READ_ONLY, "Prevent all changes"),
    (RefRestriction.Kind.NO_CREATES, "Prevent creation"),
]
MATCHERS = [(one.value, NAMES[one]) for one in MatcherType]
ABOUT_MATCHERS = "A branch name; a pattern such as release/*; development or production; or a category such as FEATURE. Leave empty for any ref."


def listed(text: str) -> tuple[str, ...]:
    """Read names that are separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


class RestrictionForm(Form):
    """A branch permission as it is to be."""

    matcher_type = forms.ChoiceField(label="Applies to", choices=MATCHERS, initial="BRANCH")
    matcher_id = forms.CharField(
        label="Name or pattern", required=False, max_length=255, help_text=ABOUT_MATCHERS
    )
    kind = forms.ChoiceField(label="What is prevented", choices=KINDS)
    users = forms.CharField(
        label="Except users", required=False, max_length=4096, help_text="Separated by commas."
    )
    groups = forms.CharField(
        label="Except groups", required=False, max_length=4096, help_text="Separated by commas."
    )


class ConditionForm(Form):
    """Whom a place asks by default."""

    source_type = forms.ChoiceField(label="From", choices=MATCHERS, initial="ANY_REF")
    source_id = forms.CharField(label="Source name or pattern", required=False, max_length=255)
    target_type = forms.ChoiceField(label="To", choices=MATCHERS, initial="BRANCH")
    target_id = forms.CharField(
        label="Target name or pattern", required=False, max_length=255, help_text=ABOUT_MATCHERS
    )
    reviewers = forms.CharField(
        label="Reviewers", max_length=4096, help_text="Usernames, separated by commas."
    )
    required_approvals = forms.IntegerField(
        label="Required approvals", min_value=0, max_value=100, initial=0
    )


class ChecksForm(Form):
    """What is asked for before a merge."""

    required_approvals = forms.IntegerField(label="Required approvals", min_value=0, max_value=100)
    required_builds = forms.IntegerField(
        label="Required successful builds", min_value=0, max_value=100
    )
    needs_all_approvals = forms.BooleanField(label="All reviewers must approve", required=False)
    needs_no_objection = forms.BooleanField(label="No reviewer may request changes", required=False)
    needs_all_tasks = forms.BooleanField(label="All tasks must be resolved", required=False)
    resets_approvals = forms.BooleanField(
        label="Reset approvals when the source branch changes",
        required=False,
        help_text="A rebase that does not change the patch keeps them.",
    )


class StrategiesForm(Form):
    """The ways to merge, and which is offered first."""

    strategies = forms.MultipleChoiceField(
        label="Merge strategies",
        choices=[(one.value, STRATEGIES[one][0]) for one in Strategy],
        widget=forms.CheckboxSelectMultiple,
    )
    default = forms.ChoiceField(
        label="Default strategy", choices=[(one.value, STRATEGIES[one][0]) for one in Strategy]
    )
    summaries = forms.IntegerField(
        label="Commit summaries in the merge message", min_value=0, max_value=100
    )
