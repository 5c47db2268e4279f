"""Every setting, from the environment, with a safe default; each heading says who reads it."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp import constants as csp
from kombu.entity import Queue

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Identity of the product: application-properties, footer -------------------------------------
PRODUCT_VERSION = "0.1.0"
BITBUCKET_VERSION = {
    "version": "9.4.0",
    "buildNumber": "9004000",
    "buildDate": "1730300000000",
}

# --- The home: database, repositories, caches, keys ----------------------------------------------
BITBUCKET_HOME = Path(env.str("BITBUCKET_HOME", default=str(BASE_DIR / "home"))).resolve()
REPOSITORIES_DIR = BITBUCKET_HOME / "repositories"
CACHE_DIR = BITBUCKET_HOME / "caches"
ATTACHMENTS_DIR = BITBUCKET_HOME / "attachments"


def _secret_key() -> str:
    """Give the key of the environment, else the home's own, made at the first start and readable by us alone."""
    given: str = env.str("SECRET_KEY", default="")
    if given:
        return given
    file = BITBUCKET_HOME / "secret_key"
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError:
        return ""
    key = secrets.token_urlsafe(50)
    try:
        BITBUCKET_HOME.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    except OSError:
        # A home that cannot be written is reported by the system checks, in a sentence.
        return key
    with os.fdopen(descriptor, "w") as opened:
        opened.write(key)
    return key


SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", default=False)

# --- Base URL and port: serve, core.links --------------------------------------------------------
SERVER_ADDRESS = env.str("SERVER_ADDRESS", default="0.0.0.0")
SERVER_PORT = env.int("SERVER_PORT", default=7990)
SERVER_CONTEXT_PATH = env.str("SERVER_CONTEXT_PATH", default="").rstrip("/")
SERVER_SECURE = env.bool("SERVER_SECURE", default=False)
SERVER_SCHEME = env.str("SERVER_SCHEME", default="https" if SERVER_SECURE else "http")
SERVER_PROXY_NAME = env.str("SERVER_PROXY_NAME", default="")
SERVER_PROXY_PORT = env.int("SERVER_PROXY_PORT", default=0)
SSH_PORT = env.int("SSH_PORT", default=7999)
TRUSTED_PROXIES: list[str] = env.list(
    "TRUSTED_PROXIES", default=["127.0.0.1", "::1"] if SERVER_PROXY_NAME else []
)


def _default_base_url() -> str:
    name = SERVER_PROXY_NAME or "localhost"
    port = (
        (SERVER_PROXY_PORT or (443 if SERVER_SCHEME == "https" else 80))
        if SERVER_PROXY_NAME
        else SERVER_PORT
    )
    usual = {"http": 80, "https": 443}.get(SERVER_SCHEME)
    return f"{SERVER_SCHEME}://{name}{'' if port == usual else f':{port}'}{SERVER_CONTEXT_PATH}"


SITE_DEFAULTS: dict[str, Any] = {
    "base_url": env.str("SETUP_BASEURL", default="") or _default_base_url(),
    "display_name": env.str("SETUP_DISPLAYNAME", default="Gitstead"),
    # 0: access tokens need not expire.
    "longest_token_days": env.int("ACCESS_TOKEN_LONGEST_DAYS", default=0),
    # Whether REST and Git refuse passwords and accept only tokens and keys.
    "basic_passwords_blocked": False,
    "basic_allowed_users": [],
    "basic_allowed_paths": [],
    "basic_warning_shown": False,
    # Whether administrators must set strong passwords for others too.
    "password_rules_for_administrators": False,
    "banner": {},
    # Default branch of new repositories; empty for Git's default, master.
    "default_branch": "",
    # The permission that archiving and deleting a repository requires.
    "archive_policy": "REPO_ADMIN",
    "delete_policy": "REPO_ADMIN",
    "ssh_enabled": env.bool("SSH_ENABLED", default=True),
    # Empty: the host of the base URL and SSH_PORT.
    "ssh_base_url": env.str("SSH_BASEURL", default=""),
    "ssh_access_keys_enabled": True,
    # Restrictions of SSH keys by administrators, beyond the built-in ones.
    "ssh_key_restrictions": [],
    "longest_ssh_key_days": 0,
    "audit_days": env.int("AUDIT_DAYS", default=3 * 365),
    # The mail server; no mail is sent until an administrator configures it.
    "mail_server": {},
    "mail_sender": "",
    # Keys that encrypt secrets of other systems: infrastructure.encryption.
    "sealing_keys": [],
    "rate_limit_enabled": env.bool("RATE_LIMIT_ENABLED", default=False),
    "rate_limit_capacity": 60,
    "rate_limit_fill_rate": 5,
}
# Links are never built from a request, so any Host header is accepted.
ALLOWED_HOSTS = ["*"]
APPEND_SLASH = False

# --- First administrator: accounts ---------------------------------------------------------------
SETUP_SYSADMIN = {
    "name": env.str("SETUP_SYSADMIN_USERNAME", default="admin"),
    "password": env.str("SETUP_SYSADMIN_PASSWORD", default=""),
    "display_name": env.str("SETUP_SYSADMIN_DISPLAYNAME", default="Administrator"),
    "email_address": env.str("SETUP_SYSADMIN_EMAILADDRESS", default=""),
}

# --- Processes: serve ----------------------------------------------------------------------------
WEB_WORKERS = env.int("WEB_WORKERS", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=32)
# Threads of each web process that Git, archives and comparisons never occupy.
HTTP_RESERVED_THREADS = env.int("HTTP_RESERVED_THREADS", default=8)
HTTP_EXPENSIVE_REQUESTS_PER_USER = env.int("HTTP_EXPENSIVE_REQUESTS_PER_USER", default=12)
HTTP_EXPENSIVE_REQUESTS_PER_ADDRESS = env.int("HTTP_EXPENSIVE_REQUESTS_PER_ADDRESS", default=16)
# Open connections per web process; beyond it the one that waits longest is closed.
HTTP_MOST_CONNECTIONS = env.int("HTTP_MOST_CONNECTIONS", default=1000)
# Open connections of one address per web process; trusted proxies have no such limit.
HTTP_CONNECTIONS_PER_ADDRESS = env.int("HTTP_CONNECTIONS_PER_ADDRESS", default=250)
# How long a request may wait for a thread before it is answered 503.
HTTP_QUEUE_SECONDS = env.float("HTTP_QUEUE_SECONDS", default=30.0)
# Seconds for the head of a request, and for waiting beyond what the minimum speed permits.
HTTP_HEAD_SECONDS = env.float("HTTP_HEAD_SECONDS", default=10.0)
HTTP_GRACE_SECONDS = env.float("HTTP_GRACE_SECONDS", default=30.0)
HTTP_SILENCE_SECONDS = env.float("HTTP_SILENCE_SECONDS", default=60.0)
HTTP_MIN_BYTES_A_SECOND = env.int("HTTP_MIN_BYTES_A_SECOND", default=1024)
# How much of a push is read before a thread gets it; the thread reads the rest.
HTTP_PUSH_AHEAD_BYTES = env.int("HTTP_PUSH_AHEAD_BYTES", default=64 * 1024**2)
# Total size of files with request bodies that are read ahead, per web process.
HTTP_FILES_BYTES = env.int("HTTP_FILES_BYTES", default=1024**3)
JOB_THREADS = env.int("JOB_THREADS", default=2)
# Threads for webhooks and mail, which mostly wait for other systems.
CALLING_THREADS = env.int("CALLING_THREADS", default=16)
CALLING_TASKS = ["webhooks.deliver", "notifications.send", "notifications.send_digest"]
# Git commands that run over SSH at once; idle connections do not count.
# Sessions that can run Git at once; the others wait for their client, or for a slot.
SSH_THREADS = env.int("SSH_THREADS", default=32)
SSH_MOST_SESSIONS = env.int("SSH_MOST_SESSIONS", default=128)
SSH_SESSIONS_PER_CONNECTION = env.int("SSH_SESSIONS_PER_CONNECTION", default=10)
# How long a client may be silent; and in a push before its pack, which it may have to compress.
SSH_SILENCE_SECONDS = env.float("SSH_SILENCE_SECONDS", default=60.0)
SSH_PACKING_SECONDS = env.float("SSH_PACKING_SECONDS", default=900.0)
SSH_MOST_CONNECTIONS = env.int("SSH_MOST_CONNECTIONS", default=1000)
SSH_CONNECTIONS_PER_ADDRESS = env.int("SSH_CONNECTIONS_PER_ADDRESS", default=250)
# A client that is slower than this for longer than the grace time is cut, in both directions.
SSH_GRACE_SECONDS = env.float("SSH_GRACE_SECONDS", default=30.0)
SSH_MIN_BYTES_A_SECOND = env.float("SSH_MIN_BYTES_A_SECOND", default=1024.0)
# After this time another process takes over the job of a killed one.
JOB_LEASE_SECONDS = env.float("JOB_LEASE_SECONDS", default=60.0)
# Jobs that complete what the last kill interrupted.
JOBS_AT_START = ["repos.finish_pushes"]
# Periodic tasks and their intervals: infrastructure.schedule.
SCHEDULE = {
    "repos.finish_pushes": timedelta(minutes=5),
    "accounts.sweep": timedelta(hours=1),
    "audit.sweep": timedelta(days=1),
    "discussions.sweep": timedelta(days=1),
    "webhooks.sweep": timedelta(days=1),
    "notifications.begin_digests": timedelta(hours=1),
    "notifications.sweep": timedelta(days=1),
}

# --- Database ------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{BITBUCKET_HOME / 'bitbucket.db'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # FULL: what was acknowledged survives a power failure.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-8000;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Fail fast while the database is not available.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
ATOMIC_REQUESTS = False

# --- Redis and Celery: infrastructure.jobs -------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "rounds": {
        "task": "infrastructure.enqueue_due_tasks",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep": {"task": "infrastructure.sweep", "schedule": 5.0, "options": {"expires": 5}},
}
# A worker serves both queues; `-Q calling` gives webhooks and mail workers of their own.
CALLING_QUEUE = "calling"
CELERY_TASK_DEFAULT_QUEUE = "bitbucket"
# kombu has no types.
CELERY_TASK_QUEUES = [Queue(CELERY_TASK_DEFAULT_QUEUE), Queue(CALLING_QUEUE)]  # type: ignore[no-untyped-call]
# Threads, since workers mostly wait for git, the database and other systems.
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.int("WORKER_THREADS", default=JOB_THREADS + CALLING_THREADS)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Due times are in the database; beat needs no file.
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"
# A request does not wait for an unavailable broker: the sweep finds the row of the job.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}

# --- Calls to other systems: infrastructure.outgoing_http, webhooks ------------------------------
# CIDR lists; blocked networks take precedence.
OUTGOING_ALLOWED_NETWORKS: list[str] = env.list("OUTGOING_ALLOWED_NETWORKS", default=[])
OUTGOING_BLOCKED_NETWORKS: list[str] = env.list("OUTGOING_BLOCKED_NETWORKS", default=[])
# Whether private networks are blocked too.
OUTGOING_STRICT = env.bool("OUTGOING_STRICT", default=False)
OUTGOING_PROXY = env.str("OUTGOING_PROXY", default="")
# Seconds until the first retry of a failed delivery; further ones follow with growing intervals for a day.
WEBHOOK_RETRY_SECONDS = env.float("WEBHOOK_RETRY_SECONDS", default=10.0)
# Factor of the intervals in which mail is retried.
MAIL_RETRY_FACTOR = env.float("MAIL_RETRY_FACTOR", default=1.0)
WEBHOOK_DELIVERY_DAYS = env.int("WEBHOOK_DELIVERY_DAYS", default=14)

# --- Caches: `default` for small things, `pages` for what pages are made of (named by its content, so
# it never goes stale and files do), `memory` for what must not leave the process -----------------
_MEMORY = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 2000},
}
_REDIS = {
    "BACKEND": "infrastructure.redis_cache.PatientRedisCache",
    "LOCATION": REDIS_URL,
    "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
}


def _password_cache(name: str) -> dict[str, Any]:
    """Shared by all processes that check passwords; see accounts.password_cache."""
    if REDIS_URL:
        return {**_REDIS, "KEY_PREFIX": name}
    return {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": CACHE_DIR / name,
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }


CACHES: dict[str, Any] = {
    "default": _REDIS if REDIS_URL else {**_MEMORY, "LOCATION": "default"},
    # Separate, so that many wrong passwords do not evict correct ones.
    "right_passwords": _password_cache("right-passwords"),
    "wrong_passwords": _password_cache("wrong-passwords"),
    "memory": {**_MEMORY, "LOCATION": "memory"},
    "pages": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": CACHE_DIR / "pages",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}

# --- Applications and middleware -----------------------------------------------------------------
INSTALLED_APPS = [
    "bitbucket_clone",
    "core",
    "infrastructure",
    "accounts",
    "repos",
    "discussions",
    "builds",
    "pullrequests",
    "webhooks",
    "notifications",
    "audit",
    "web",
    "django_cotton",
    "django_htmx",
    "csp",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "rest_framework",
]
MIDDLEWARE = [
    "core.middleware.TrustedProxies",
    "core.middleware.RequestIds",
    "core.middleware.CleanPaths",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "web.frame.middleware.ErrorPages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bitbucket_clone.urls"
WSGI_APPLICATION = "bitbucket_clone.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "web.frame.context.frame",
            ]
        },
    }
]

# --- Users: accounts -----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2id"]
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_MINUTES", default=12 * 60) * 60
SESSION_LONGEST_DAYS = env.int("SESSION_LONGEST_DAYS", default=7)
SESSION_REMEMBERED_DAYS = env.int("SESSION_REMEMBERED_DAYS", default=30)
SESSION_COOKIE_NAME = "BITBUCKETSESSIONID"
SESSION_COOKIE_SECURE = SERVER_SECURE
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = SERVER_CONTEXT_PATH or "/"
CSRF_COOKIE_NAME = "bitbucket_csrf"
CSRF_COOKIE_SECURE = SERVER_SECURE
CSRF_COOKIE_PATH = SERVER_CONTEXT_PATH or "/"
CSRF_COOKIE_HTTPONLY = False
LOGIN_URL = "/login"
CSRF_FAILURE_VIEW = "web.frame.views.forbidden_form"

# --- REST: core.api ------------------------------------------------------------------------------
REST_MAX_BODY_BYTES = env.int("REST_MAX_BODY_BYTES", default=5 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = REST_MAX_BODY_BYTES
# All requests but Git; files are uploaded in forms.
REQUEST_MAX_BYTES = REST_MAX_BODY_BYTES + 1024 * 1024
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=20 * 1024 * 1024)
# Paths with a larger limit: attachments of comments.
LARGER_REQUESTS = {
    r"/(projects|users)/[^/]+/repos/[^/]+/attachments/?": ATTACHMENT_MAX_BYTES + 1024 * 1024
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.ActorAuthentication"],
    # Views do not check permissions: services and selectors do (docs/access.md).
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttle.BudgetThrottle"],
    "DEFAULT_PARSER_CLASSES": [
        "core.api.body.StrictJSONParser",
        "core.api.body.BulkJSONParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["core.api.body.CompactJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.Negotiation",
    "EXCEPTION_HANDLER": "core.api.envelope.answer_to",
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
}

# --- Rendering of untrusted text: infrastructure.rendering ---------------------------------------
# Rendering processes per web process and worker.
RENDER_PROCESSES = env.int("RENDER_PROCESSES", default=2)
# CPU time and memory for one text; text that needs more is shown as plain text.
RENDER_SECONDS = env.float("RENDER_SECONDS", default=1.0)
RENDER_MEMORY_BYTES = env.int("RENDER_MEMORY_BYTES", default=256 * 1024**2)

# --- Git: transport, repos.storage ---------------------------------------------------------------
GIT_MAX_PACK_BYTES = env.int("GIT_MAX_PACK_BYTES", default=20 * 1024**3)
# Limits of a push: number of objects, and their inflated size.
GIT_MAX_PACK_OBJECTS = env.int("GIT_MAX_PACK_OBJECTS", default=20_000_000)
GIT_MAX_OBJECT_BYTES = env.int("GIT_MAX_OBJECT_BYTES", default=2 * 1024**3)
GIT_MAX_INFLATED_BYTES = env.int("GIT_MAX_INFLATED_BYTES", default=1024**4)
GIT_PACK_CACHE_BYTES = env.int("GIT_PACK_CACHE_BYTES", default=5 * 1024**3)
# Memory and CPU time of one child of git: for pages, for packs and archives that are sent, for packs that
# are received, and for maintenance.
GIT_MEMORY_BYTES = {
    "reading": env.int("GIT_READING_MEMORY_BYTES", default=1024**3),
    "sending": env.int("GIT_SENDING_MEMORY_BYTES", default=4 * 1024**3),
    "receiving": env.int("GIT_RECEIVING_MEMORY_BYTES", default=4 * 1024**3),
    "maintaining": env.int("GIT_MAINTAINING_MEMORY_BYTES", default=8 * 1024**3),
}
GIT_PROCESSOR_SECONDS = {
    "reading": env.int("GIT_READING_PROCESSOR_SECONDS", default=120),
    "sending": env.int("GIT_SENDING_PROCESSOR_SECONDS", default=4 * 3600),
    "receiving": env.int("GIT_RECEIVING_PROCESSOR_SECONDS", default=3600),
    "maintaining": env.int("GIT_MAINTAINING_PROCESSOR_SECONDS", default=8 * 3600),
}
# CPU seconds for a pack, and the bytes for which it gets one more second.
GIT_RECEIVING_FIRST_SECONDS = env.int("GIT_RECEIVING_FIRST_SECONDS", default=30)
GIT_RECEIVING_BYTES_A_SECOND = env.int("GIT_RECEIVING_BYTES_A_SECOND", default=100_000)
# Free disk space below which pushes, merges, edits and uploads are refused; reads continue.
DISK_LEAST_FREE_BYTES = env.int("DISK_LEAST_FREE_BYTES", default=512 * 1024**2)
# Trees with more paths are not listed, compared or archived as a whole, and optionally not accepted.
GIT_MAX_PATHS = env.int("GIT_MAX_PATHS", default=5_000_000)
GIT_REFUSE_TOO_MANY_PATHS = env.bool("GIT_REFUSE_TOO_MANY_PATHS", default=False)
GIT_HIDE_PULL_REQUEST_REFS = env.bool("GIT_HIDE_PULL_REQUEST_REFS", default=False)

# --- Assets: web ---------------------------------------------------------------------------------
STATIC_URL = f"{SERVER_CONTEXT_PATH}/s/"
# Relative to the context path, which is removed before Django sees a request.
WHITENOISE_STATIC_PREFIX = "/s/"
STATIC_ROOT = CACHE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Language, time, log -------------------------------------------------------------------------
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# `line` for people, `json` for log collectors; with `json` each request is logged.
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
ACCESS_LOG = env.bool("ACCESS_LOG", default=LOG_FORMAT == "json")
# The log level that an administrator set at run time; until then LOG_LEVEL applies.
LOG_LEVEL_FILE = BITBUCKET_HOME / "log_level"
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "core.request_ids.WithRequestId"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            "json_ensure_ascii": False,
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # Its debug lines contain codes and tokens.
        "oauthlib": {"level": "WARNING"},
        # Its debug lines contain URLs, which can have secrets of webhooks.
        "urllib3": {"level": "INFO"},
    },
}

# --- Metrics: core.metrics; the processes of one machine share counters through files ------------
METRICS_DIR = CACHE_DIR / "metrics" / socket.gethostname()
# Bearer token that can read /metrics; administrators of the site can read it in any case.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")


def _share_metrics() -> None:
    """Configure the folder of prometheus_client before anything is counted."""
    try:
        METRICS_DIR.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)


_share_metrics()

# --- Security headers ----------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
# Only our own scripts and styles; nothing inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.NONCE],
        "style-src": [csp.SELF],
        "img-src": [csp.SELF, "data:"],
        "connect-src": [csp.SELF],
        "form-action": [csp.SELF],
        "base-uri": [csp.NONE],
        "frame-ancestors": [csp.NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
