"""A small supervisor: the web server, the job loop and the SSH server as children, restarted when they die.

The children are forked from a process that has loaded everything, so they share its memory. They
die with it (parent-death signal), and with SIGTERM they get the time to finish what they serve.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from gunicorn.app.base import BaseApplication

from bitbucket_clone import process_memory
from bitbucket_clone.web_server.worker import PatientWorker

logger = logging.getLogger(__name__)

GRACE_SECONDS = 120
SHORTEST_LIFE = 5.0
JOBS_NICENESS = 5
MOST_OPEN_FILES = 65536

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


class WebServer(BaseApplication):
    """gunicorn with the application already loaded."""

    def __init__(self, port: int):
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        """Say how gunicorn is to serve."""
        options: dict[str, Any] = {
            "bind": f"{settings.SERVER_ADDRESS}:{self.port}",
            "worker_class": PatientWorker,
            "workers": settings.WEB_WORKERS,
            "threads": settings.WEB_THREADS,
            "worker_connections": settings.HTTP_MOST_CONNECTIONS,
            # A clone may take an hour; who stalls is cut off by the worker.
            "timeout": 0,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 15,
            "preload_app": True,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            "control_socket_disable": True,
            # Proxies are judged by core.middleware.TrustedProxies alone.
            "forwarded_allow_ips": "",
            "loglevel": "warning",
            "post_fork": _die_with_parent_worker,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Give the WSGI application."""
        from bitbucket_clone.wsgi import application

        return application


def supervise(port: int) -> int:
    """Run the children until SIGTERM or SIGINT; gives the exit status."""
    process_memory.limit_arenas()
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A web process holds a thousand connections, and pipes to git beside them.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most_files, MOST_OPEN_FILES), most_files))
    from bitbucket_clone import wsgi  # noqa: F401 - loaded before the fork, to be shared

    bodies: dict[str, Callable[[], None]] = {
        "web": lambda: WebServer(port).run(),
        "jobs": _run_jobs,
    }
    if settings.SSH_PORT:
        from transport import ssh

        bodies["ssh"] = lambda: ssh.run(settings.SERVER_ADDRESS, settings.SSH_PORT)
    return _Supervisor(bodies).run()


def _run_jobs() -> None:
    # Somebody waits for a page or a push, nobody for what comes later.
    os.nice(JOBS_NICENESS)
    call_command("run_jobs", threads=settings.JOB_THREADS)


class _Supervisor:
    def __init__(self, bodies: dict[str, Callable[[], None]]):
        self.bodies = bodies
        self.running: dict[int, str] = {}
        self.started: dict[str, float] = {}
        self.stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for name in self.bodies:
            self._start(name)
        while self.running:
            try:
                pid, status = os.wait()
            except InterruptedError:
                continue
            name = self.running.pop(pid, "")
            if not name or self.stopping:
                continue
            logger.error("%s ended with status %s; starting it again", name, status)
            if time.monotonic() - self.started[name] < SHORTEST_LIFE:
                time.sleep(1)
            self._start(name)
        return 0

    def _start(self, name: str) -> None:
        parent = os.getpid()
        self.started[name] = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _be_child(parent, self.bodies[name])
        self.running[pid] = name

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        for pid in self.running:
            os.kill(pid, signal.SIGTERM)
        signal.signal(signal.SIGALRM, self._kill)
        signal.alarm(GRACE_SECONDS + 5)

    def _kill(self, number: int, frame: FrameType | None) -> None:
        for pid in self.running:
            os.kill(pid, signal.SIGKILL)


def _be_child(parent: int, body: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        _die_with(parent, signal.SIGTERM)
        sys.argv = sys.argv[:1]
        body()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        logger.exception("a child of the supervisor failed")
    finally:
        logging.shutdown()
        os._exit(status)


def _die_with(parent: int, number: signal.Signals) -> None:
    _prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)


def _die_with_parent_worker(server: Any, worker: Any) -> None:
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
