"""Settings of a place about what may happen to its branches: permissions, default reviewers, merging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from core.errors import DomainError, Invalid
from core.paging import PageRequest
from pullrequests.selectors import default_reviewers as find_reviewers
from pullrequests.selectors import settings as find_settings
from pullrequests.services import default_reviewers, settings
from pullrequests.services.settings import MergeCheckChanges, MergeConfigChanges
from repos.matchers import Matcher, MatcherType
from repos.selectors import restrictions as find
from repos.services import restrictions
from repos.services.restrictions import RestrictionRequest
from web.frame.forms import Form
from web.frame.requests import WebRequest
from web.settings.page import Place, of_project, of_repository
from web.settings.rule_forms import (
    KINDS,
    ChecksForm,
    ConditionForm,
    RestrictionForm,
    StrategiesForm,
    listed,
)

MOST_RULES = 1000


def _restrictions(request: WebRequest, place: Place, context: dict[str, Any]) -> HttpResponse:
    """Branch permissions."""
    actor = request.actor
    form = RestrictionForm(request.POST if request.POST.get("action") == "add" else None)

    def change() -> None:
        if request.POST.get("action") == "remove":
            restrictions.remove(actor, place, request.POST.get("number", ""))
            return
        found = form.cleaned_data
        wanted = RestrictionRequest(
            kind=found["kind"],
            matcher_type=found["matcher_type"],
            matcher_id=found["matcher_id"],
            users=listed(found["users"]),
            groups=listed(found["groups"]),
        )
        restrictions.put(actor, place, [wanted])

    done = _changed(request, [form], change, context, {"add", "remove"})
    if done is not None:
        return done
    page = find.list_of(actor, place, PageRequest(limit=MOST_RULES))
    words = {str(kind): text for kind, text in KINDS}
    context |= {
        "form": form,
        "rules": [
            (one, Matcher(MatcherType(one.matcher_type), one.matcher_id), words[one.kind])
            for one in page.values
        ],
    }
    return render(
        request, "settings/branch_permissions.html", context, status=context.pop("status", 200)
    )


def _reviewers(request: WebRequest, place: Place, context: dict[str, Any]) -> HttpResponse:
    """Default reviewers."""
    actor = request.actor
    form = ConditionForm(request.POST if request.POST.get("action") == "add" else None)

    def change() -> None:
        if request.POST.get("action") == "remove":
            default_reviewers.delete(actor, place, request.POST.get("number", ""))
            return
        found = form.cleaned_data
        wanted = default_reviewers.DefaultReviewersRequest(
            source=(found["source_type"], found["source_id"]),
            target=(found["target_type"], found["target_id"]),
            reviewers=listed(found["reviewers"]),
            required_approvals=found["required_approvals"],
        )
        default_reviewers.create(actor, place, wanted)

    done = _changed(request, [form], change, context, {"add", "remove"})
    if done is not None:
        return done
    context |= {
        "form": form,
        "conditions": [
            (one, find_reviewers.source_matcher(one), find_reviewers.target_matcher(one))
            for one in find_reviewers.list_of(actor, place)
        ],
    }
    return render(
        request, "settings/default_reviewers.html", context, status=context.pop("status", 200)
    )


def _merging(request: WebRequest, place: Place, context: dict[str, Any]) -> HttpResponse:
    """Merge checks and merge strategies."""
    actor = request.actor
    action = request.POST.get("action", "")
    checks = find_settings.checks(actor, place)
    config = find_settings.merge_config(actor, place)
    checks_form = ChecksForm(
        request.POST if action == "checks" else None,
        initial={one.name: getattr(checks, one.name) for one in fields(checks)},
    )
    strategies_form = StrategiesForm(
        request.POST if action == "strategies" else None,
        initial={
            "strategies": [one.value for one in config.strategies],
            "default": config.default.value,
            "summaries": config.summaries,
        },
    )

    def change() -> None:
        if action == "checks":
            settings.set_checks(actor, place, MergeCheckChanges(**checks_form.cleaned_data))
        elif action == "strategies":
            found = strategies_form.cleaned_data
            wanted = MergeConfigChanges(
                tuple(found["strategies"]), found["default"], summaries=found["summaries"]
            )
            settings.set_config(actor, place, wanted)
        elif action == "inherit-checks":
            settings.forget_checks(actor, place)
        else:
            settings.set_config(actor, place, None)

    known = {"checks", "strategies", "inherit-checks", "inherit-strategies"}
    done = _changed(request, [checks_form, strategies_form], change, context, known)
    if done is not None:
        return done
    own = find_settings.own(actor, place)
    context |= {
        "checks_form": checks_form,
        "strategies_form": strategies_form,
        "source": config.source,
        "has_own_config": own is not None and own.strategies is not None,
        "has_own_checks": own is not None
        and any(getattr(own, one.name) is not None for one in fields(checks)),
    }
    return render(request, "settings/merge_checks.html", context, status=context.pop("status", 200))


def _changed(
    request: WebRequest,
    forms: list[Any],
    change: Callable[[], None],
    context: dict[str, Any],
    known: set[str],
) -> HttpResponse | None:
    """Do what a form asks; None where the page is to be shown, with why not."""
    if request.method != "POST":
        return None
    bound: list[Form] = [one for one in forms if one.is_bound]
    context["status"] = 400
    if any(not one.is_valid() for one in bound):
        return None
    try:
        if request.POST.get("action") not in known:
            raise Invalid("Unknown action.")
        change()
    except DomainError as error:
        context["status"] = error.status
        if bound:
            bound[0].refuse(error)
        else:
            context["refusal"] = error.message
        return None
    return redirect(f"{request.path}?saved=1")


repository_restrictions = of_repository("branch-permissions", _restrictions)
project_restrictions = of_project("branch-permissions", _restrictions)
repository_reviewers = of_repository("default-reviewers", _reviewers)
project_reviewers = of_project("default-reviewers", _reviewers)
repository_merging = of_repository("merging", _merging)
project_merging = of_project("merging", _merging)
