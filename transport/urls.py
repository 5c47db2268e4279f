"""Routes of Git over HTTP."""

from django.urls import path, re_path

from transport import http

REPOSITORY = r"^scm/(?P<key>[^/]+)/(?P<slug>[^/]+)"

urlpatterns = [
    re_path(f"{REPOSITORY}/info/refs$", http.info_refs),
    re_path(f"{REPOSITORY}/git-upload-pack$", http.upload_pack),
    re_path(f"{REPOSITORY}/git-receive-pack$", http.receive_pack),
    path("scm/<path:path>", http.nothing_here),
]
