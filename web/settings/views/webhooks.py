"""Webhooks of a project or repository, and their deliveries."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import orjson
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.errors import DomainError
from core.paging import PageRequest
from repos.models import Project, Repository
from repos.selectors import projects, repositories
from web.frame.requests import WebRequest
from web.settings.page import Place, of_project, of_repository
from web.settings.webhook_forms import WebhookForm
from web.templatetags.pages import project_url, repository_url
from webhooks import selectors as find
from webhooks.catalogue import PING, keys_of
from webhooks.http_delivery import DeliveryCall
from webhooks.models import Delivery, Webhook
from webhooks.services import deliveries, webhooks
from webhooks.services.webhooks import WebhookRequest

# How far back what went wrong is sent again, in hours, in words.
SINCE = {"1": "the last hour", "24": "the last day", "336": "two weeks"}
STATES = {
    "SUCCESS": "Succeeded",
    "FAILURE": "Refused",
    "ERROR": "Not answered",
    "PENDING": "Under way",
}


def _list(request: WebRequest, place: Place, context: dict[str, Any]) -> HttpResponse:
    """…/settings/webhooks"""
    actor = request.actor
    page = find.list_of(actor, place, PageRequest.read(request.GET))
    told = find.statistics(actor, page.values)
    context |= {
        "page": page,
        "rows": [(row, told[row.pk], _last(told[row.pk])) for row in page.values],
        "create_url": _url(place, "create"),
        "deleted": "deleted" in request.GET,
    }
    if isinstance(place, Repository):
        context["of_project"] = find.list_of(
            actor, place, PageRequest(limit=100), scopes=[find.PROJECT]
        ).values
    return render(request, "settings/webhooks.html", context)


def _create(request: WebRequest, place: Place, context: dict[str, Any]) -> HttpResponse:
    """…/settings/webhooks/create"""
    actor = request.actor
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("action") == "test":
                context["outcome"] = _tested(request, place, form.cleaned_data, None)
            else:
                made = webhooks.create(actor, place, _wanted(form.cleaned_data))
                return redirect(f"{_url(place, str(made.pk))}?saved=1")
        except DomainError as error:
            form.refuse(error)
    status = 400 if form.errors else 200
    context |= {"form": form, "groups": _groups(place, form)}
    return render(request, "settings/webhook_create.html", context, status=status)


def _one(
    request: WebRequest, place: Place, context: dict[str, Any], *, number: str
) -> HttpResponse:
    """…/settings/webhooks/{number}: one webhook and its deliveries."""
    actor = request.actor
    webhook = find.get(actor, place, number)
    form = WebhookForm(initial=_shown(webhook))
    if request.method == "POST":
        form = WebhookForm(request.POST) if _is_form(request) else form
        try:
            done = _acted(request, place, webhook, form, context)
        except DomainError as error:
            if form.is_bound:
                form.refuse(error)
            else:
                context["refusal"] = error.message
            context["status"] = error.status
            done = None
        if done is not None:
            return done
    form.keeps_secrets()
    event, state = request.GET.get("event", ""), request.GET.get("state", "")
    wanted = PageRequest.read(request.GET)
    page = find.deliveries(actor, webhook, wanted, event=event, state=state)
    context |= {
        "webhook": webhook,
        "form": form,
        "groups": _groups(place, form),
        "target": find.left_alone(actor, webhook),
        "page": page,
        "rows": [(row, _pretty(row.body)) for row in page.values],
        "state": state,
        "states": STATES,
        "since": SINCE,
        "saved": request.GET.get("saved", ""),
    }
    return render(request, "settings/webhook.html", context, status=context.pop("status", 200))


def _acted(
    request: WebRequest,
    place: Place,
    webhook: Webhook,
    form: WebhookForm,
    context: dict[str, Any],
) -> HttpResponse | None:
    """Do what was asked for; None where the page is shown again."""
    actor = request.actor
    action = request.POST.get("action")
    if action == "delete":
        webhooks.delete(actor, webhook)
        return redirect(f"{_url(place)}?deleted=1")
    if action == "redeliver":
        deliveries.redeliver(actor, webhook, request.POST.get("delivery", ""))
        return redirect(f"{request.path}?saved=again#deliveries")
    if action == "redeliver-since":
        hours = request.POST.get("since", "")
        since = timezone.now() - timedelta(hours=int(hours) if hours in SINCE else 1)
        count = deliveries.redeliver_since(actor, webhook, since)
        return redirect(f"{request.path}?saved={'again' if count else 'none'}#deliveries")
    if not form.is_valid():
        context["status"] = 400
        return None
    if action == "test":
        context["outcome"] = _tested(request, place, form.cleaned_data, webhook)
        return None
    webhooks.update(actor, webhook, _wanted(form.cleaned_data, webhook))
    return redirect(f"{request.path}?saved=1")


def _is_form(request: WebRequest) -> bool:
    return request.POST.get("action") in {"save", "test"}


def _wanted(found: dict[str, Any], webhook: Webhook | None = None) -> WebhookRequest:
    """What a form asks for; of a webhook that is there, what is not typed again stays."""
    forgets = webhook is not None and not found["username"] and bool(webhook.username)
    return WebhookRequest(
        name=found["name"],
        url=found["url"],
        events=tuple(found["events"]),
        is_active=found["is_active"],
        secret=found["secret"] or (None if webhook else ""),
        username=found["username"],
        password="" if forgets else found["password"] or (None if webhook else ""),
        verifies_certificates=found["verifies_certificates"],
    )


def _tested(
    request: WebRequest, place: Place, found: dict[str, Any], webhook: Webhook | None
) -> Any:
    """Call the address that was typed, with the secrets that were typed; kept ones go to their own address."""
    body = '{"test":true}'
    kept = (
        DeliveryCall.of(webhook, PING, "", body)
        if webhook and webhook.url == found["url"]
        else None
    )
    what = DeliveryCall(
        url=found["url"],
        event=PING,
        request_id=str(uuid.uuid4()),
        body=body,
        secret=found["secret"] or (kept.secret if kept else ""),
        username=found["username"],
        password=found["password"] or (kept.password if kept else ""),
        verifies_certificates=found["verifies_certificates"],
    )
    return deliveries.test(request.actor, place, what)


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {
        "name": webhook.name,
        "url": webhook.url,
        "username": webhook.username,
        "verifies_certificates": webhook.verifies_certificates,
        "events": webhook.events,
        "is_active": webhook.is_active,
    }


def _groups(place: Place, form: WebhookForm) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The events under their headings, with whether each is chosen."""
    chosen = set(form["events"].value() or [])
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for key, shown in keys_of(place).items():
        groups.setdefault(shown.group, []).append((key, shown.title, key in chosen))
    return list(groups.items())


def _last(told: find.Statistics) -> Delivery | None:
    """Return the state of the newest delivery."""
    return max(told.last.values(), key=lambda row: row.pk, default=None)


def _pretty(body: str) -> str:
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()


def _url(place: Place, *below: str) -> str:
    tail = "/".join(("settings/webhooks", *below))
    if isinstance(place, Project):
        return f"{project_url(place)}/{tail}"
    return repository_url(place, tail)


@require_safe
def of_bitbucket(request: WebRequest, key: str, slug: str = "") -> HttpResponse:
    """/plugins/servlet/webhooks/…: where Bitbucket has the page, and old links lead."""
    actor = request.actor
    place = repositories.get(actor, key, slug) if slug else projects.get(actor, key)
    return redirect(_url(place))


repository_webhooks = of_repository("webhooks", _list)
project_webhooks = of_project("webhooks", _list)
create_for_repository = of_repository("webhooks", _create)
create_for_project = of_project("webhooks", _create)
repository_webhook = of_repository("webhooks", _one)
project_webhook = of_project("webhooks", _one)
