"""What HTTP and SSH share: from a path and a service to the work that is done."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from accounts.actor import Actor
from core import metrics
from gitengine.pktlines import RequestBody, SocketBody
from repos.models import Repository
from repos.selectors import repositories
from repos.services import pushes

LONGEST_PROTOCOL = 200

_VERSION = re.compile(r"version=([012])")


class Service(enum.Enum):
    """The programs that git asks a server for."""

    UPLOAD_PACK = "git-upload-pack"
    RECEIVE_PACK = "git-receive-pack"
    UPLOAD_ARCHIVE = "git-upload-archive"


def find(actor: Actor, project_key: str, slug: str) -> Repository:
    """The repository of an address, with or without `.git`; raises what the selector raises."""
    return repositories.get(actor, project_key, slug.removesuffix(".git"))


def version_asked(protocol: str) -> int:
    """Read the protocol version from what the client says (git(1), GIT_PROTOCOL); 0 for anything else."""
    if len(protocol) > LONGEST_PROTOCOL:
        return 0
    found = [_VERSION.fullmatch(part.strip()) for part in protocol.split(":")]
    return max((int(match[1]) for match in found if match), default=0)


def advertise(
    actor: Actor, repository: Repository, service: Service, *, version: int
) -> Iterator[bytes]:
    """Tell the client what there is."""
    if service is Service.RECEIVE_PACK:
        return pushes.advertise(actor, repository)
    return pushes.advertise_fetch(actor, repository, version=version)


def serve(
    actor: Actor, repository: Repository, service: Service, body: RequestBody, *, version: int
) -> Iterator[bytes]:
    """Do what the client asks for; closing the iterator ends the work."""
    if service is Service.RECEIVE_PACK:
        return _counted(service, pushes.take(actor, repository, body))
    return _counted(service, pushes.serve_fetch(actor, repository, body, version=version))


def converse(
    actor: Actor, repository: Repository, service: Service, pipe: SocketBody, *, version: int
) -> Iterator[bytes]:
    """Do all that a client on the line asks for, the advertisement included."""
    if service is Service.UPLOAD_ARCHIVE:
        return _counted(service, pushes.serve_archive(actor, repository, pipe))
    if service is Service.RECEIVE_PACK:
        told = pushes.advertise(actor, repository)
        return _counted(service, told, pushes.take(actor, repository, pipe))
    return _counted(service, pushes.converse_fetch(actor, repository, pipe, version=version))


def _counted(service: Service, *answers: Iterator[bytes]) -> Iterator[bytes]:
    """Give one answer after the other, and count what came of it."""
    with metrics.git_operation(service.value):
        for answer in answers:
            yield from answer
