"""The product's own settings, made cheap: a quick hasher, a home that vanishes."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="bitbucket-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["BITBUCKET_HOME"] = _home
os.environ.setdefault("SETUP_BASEURL", "http://localhost:7990")
os.environ.pop("REDIS_URL", None)

from bitbucket_clone.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING["root"]["level"] = "WARNING"  # noqa: F405
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as the product has it: threads that share one in memory have other locks.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(_home, "test.sqlite3")}  # noqa: F405
