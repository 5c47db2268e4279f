"""Administration: users, groups, global permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors as people
from accounts.models import Group, User
from accounts.permissions import Permission
from accounts.services import erasure, global_permissions, groups, users
from core.errors import DomainError, Forbidden, Invalid, Unauthenticated
from core.paging import PageRequest
from web.account.forms import PasswordForm, UserDetailsForm
from web.administration.forms import NameForm, RenameForm, UserForm
from web.frame.forms import Form
from web.frame.requests import WebRequest

MOST_GRANTS = 200
STEPS = (
    ("LICENSED_USER", "Bitbucket user"),
    ("PROJECT_CREATE", "Project creator"),
    ("ADMIN", "Administrator"),
    ("SYS_ADMIN", "System administrator"),
)


@require_safe
def home(request: WebRequest) -> HttpResponse:
    """/admin"""
    return redirect("admin-users")


@require_http_methods(["GET", "HEAD", "POST"])
def user_list(request: WebRequest) -> HttpResponse:
    """/admin/users: all users, and the form for a new one."""
    actor = _administrator(request)
    form = UserForm(request.POST or None)
    if form.is_bound and _done(form, lambda **fields: users.create(actor, **fields)):
        return redirect(_user_page(form.cleaned_data["name"]))
    text = request.GET.get("filter", "")
    page = people.list_all_users(actor, PageRequest.read(request.GET), text=text)
    context = {"page": page, "filter": text, "form": form, "admin_page": "users"}
    is_part = request.htmx and request.htmx.target == "list"
    template = "administration/_users.html" if is_part else "administration/users.html"
    return render(request, template, context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def user_detail(request: WebRequest) -> HttpResponse:
    """/admin/users/view?name=: one user, whom an administrator changes."""
    actor = _administrator(request)
    user = people.get_by_name(actor, request.GET.get("name", ""))
    action = request.POST.get("action", "")
    shown = {"display_name": user.display_name, "email_address": user.email_address}
    details = UserDetailsForm(request.POST if action == "details" else None, initial=shown)
    password = PasswordForm(request.POST if action == "password" else None)
    rename = RenameForm(request.POST if action == "rename" else None)
    context: dict[str, Any] = {"person": user, "admin_page": "users"}
    if request.method == "POST":
        done = {
            "delete": lambda: _tried(context, lambda: users.remove(actor, user)),
            "rename": lambda: _done(rename, lambda **f: users.rename(actor, user, **f)),
            "details": lambda: _done(details, lambda **f: users.update(actor, user, **f)),
            "password": lambda: _done(password, lambda **f: users.set_password(actor, user, **f)),
            "off": lambda: _tried(context, lambda: users.set_active(actor, user, is_active=False)),
            "on": lambda: _tried(context, lambda: users.set_active(actor, user, is_active=True)),
            "unlock": lambda: _tried(context, lambda: users.forget_failures(actor, user)),
        }.get(action, _nothing)()
        if done and action == "delete":
            return redirect(_erasure_page(user.name))
        if done:
            return redirect(_user_page(user.name) + "&saved=1")
        user.refresh_from_db()
    context |= {
        "details": details,
        "password": password,
        "rename": rename,
        "saved": "saved" in request.GET,
        "groups": people.groups_of(actor, user, PageRequest(limit=MOST_GRANTS)).values,
    }
    failed = details.errors or password.errors or rename.errors or "refusal" in context
    return render(request, "administration/user.html", context, status=400 if failed else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def user_erasure(request: WebRequest) -> HttpResponse:
    """/admin/users/erase?name=: what tells who a deleted user was goes too; without a name, ask for it."""
    actor = _administrator(request)
    name = request.GET.get("name", "")
    if request.method == "POST":
        erased = erasure.erase(actor, name)
        return redirect(_erasure_page(erased.name) + "&erased=1")
    context: dict[str, Any] = {"admin_page": "users", "erased": "erased" in request.GET}
    if name:
        context["person"] = erasure.check(actor, name)
    return render(request, "administration/user_erasure.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def group_list(request: WebRequest) -> HttpResponse:
    """/admin/groups: all groups, and the form for a new one."""
    actor = _administrator(request)
    form = NameForm(request.POST or None)
    if form.is_bound and _done(form, lambda **fields: groups.create(actor, **fields)):
        return redirect(_group_page(form.cleaned_data["name"]))
    text = request.GET.get("filter", "")
    page = people.list_groups(actor, PageRequest.read(request.GET), text=text)
    context = {"page": page, "filter": text, "form": form, "admin_page": "groups"}
    is_part = request.htmx and request.htmx.target == "list"
    template = "administration/_groups.html" if is_part else "administration/groups.html"
    return render(request, template, context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def group_detail(request: WebRequest) -> HttpResponse:
    """/admin/groups/view?name=: one group, its members, its end."""
    actor = _administrator(request)
    group = people.get_group(actor, request.GET.get("name", ""))
    action = request.POST.get("action", "")
    form = NameForm(request.POST if action == "add" else None)
    context: dict[str, Any] = {"group": group, "admin_page": "groups"}
    if request.method == "POST":
        name = request.POST.get("name", "")
        if action == "delete":
            if _tried(context, lambda: groups.delete(actor, group)):
                return redirect("admin-groups")
        else:
            done = {
                "add": lambda: _done(
                    form,
                    lambda **f: groups.add(actor, [group], [people.get_by_name(actor, f["name"])]),
                ),
                "remove": lambda: _tried(
                    context, lambda: groups.remove(actor, group, people.get_by_name(actor, name))
                ),
            }.get(action, _nothing)()
            if done:
                return redirect(_group_page(group.name))
    wanted = PageRequest.read(request.GET, default=50)
    context |= {
        "form": form,
        "page": people.list_all_users(actor, wanted, of=group),
        "others": people.list_all_users(actor, PageRequest(), of=group, outside=True).values,
    }
    failed = form.errors or "refusal" in context
    return render(request, "administration/group.html", context, status=400 if failed else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def permission_list(request: WebRequest) -> HttpResponse:
    """/admin/permissions: what users and groups may on the whole site."""
    actor = _administrator(request)
    context: dict[str, Any] = {"admin_page": "permissions", "steps": STEPS}
    if request.method == "POST" and _tried(context, lambda: _change_permission(request)):
        return redirect("admin-permissions")
    wanted = PageRequest.read(request.GET, default=MOST_GRANTS)
    text = request.GET.get("filter", "")
    for kind in ("user", "group"):
        page = people.global_grants(actor, kind, wanted, text=text)
        context[f"{kind}s"] = [(one, Permission(one.permission).name) for one in page.values]
        context["page"] = page
    context |= {
        "filter": text,
        "kind": request.POST.get("kind", ""),
        "other_users": people.users_without_grant(actor, PageRequest()).values,
        "other_groups": people.groups_without_grant(actor, PageRequest()).values,
    }
    status = 400 if "refusal" in context else 200
    return render(request, "administration/permissions.html", context, status=status)


def _change_permission(request: WebRequest) -> None:
    actor = request.actor
    name = request.POST.get("name", "")
    find = people.get_group if request.POST.get("kind") == "group" else people.get_by_name
    holder: User | Group = find(actor, name)
    if request.POST.get("action") == "revoke":
        global_permissions.revoke(actor, [holder])
        return
    step = request.POST.get("permission", "")
    if step not in dict(STEPS):
        raise Invalid("Choose one of the permissions.", context="permission")
    global_permissions.grant(actor, [holder], Permission[step])


def _administrator(request: WebRequest) -> Any:
    """Give the actor, if these pages are for them; what they do here is judged once more by services."""
    actor = request.actor
    if actor.is_anonymous:
        raise Unauthenticated("Sign in first.")
    if Permission.ADMIN not in people.abilities(actor):
        raise Forbidden("These pages are for administrators.")
    return actor


def _done(form: Form, work: Callable[..., Any]) -> bool:
    """Call the service with the form's values; errors are shown at their fields."""
    if not form.is_valid():
        return False
    try:
        work(**form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return False
    return True


def _tried(context: dict[str, Any], work: Callable[[], Any]) -> bool:
    """Call the service; errors are shown above the page."""
    try:
        work()
    except DomainError as error:
        context["refusal"] = error.message
        return False
    return True


def _nothing() -> bool:
    raise Invalid("Unknown action.")


def _status(form: Form) -> int:
    return 400 if form.is_bound and form.errors else 200


def _user_page(name: str) -> str:
    return reverse("admin-user", query={"name": name})


def _erasure_page(name: str) -> str:
    return reverse("admin-user-erasure", query={"name": name})


def _group_page(name: str) -> str:
    return reverse("admin-group", query={"name": name})
