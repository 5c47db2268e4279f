"""Administration of the queue: what waits, what works, what failed and why."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.paging import PageRequest
from operations import selectors as find
from operations import services
from web.frame.requests import WebRequest


@require_http_methods(["GET", "HEAD", "POST"])
def job_list(request: WebRequest) -> HttpResponse:
    """/admin/jobs"""
    actor = request.actor
    if request.method == "POST":
        number = request.POST.get("job", "")
        if number == "failed":
            services.retry_failed(actor)
        else:
            services.retry(actor, number)
        return redirect(f"{request.path}?saved=1")
    state, text = request.GET.get("state", ""), request.GET.get("filter", "")
    context = {
        "queue": find.queue(actor),
        "page": find.list_jobs(actor, PageRequest.read(request.GET), state=state, text=text),
        "state": state,
        "filter": text,
        "saved": "saved" in request.GET,
        "admin_page": "jobs",
    }
    return render(request, "administration/jobs.html", context)
