"""What annotated tags say: read as tolerantly as commits are."""

from __future__ import annotations

import subprocess

import pytest

from gitengine import history
from gitengine.repository import GitRepository
from gitengine.types import Annotation, Person
from tests import builders

TAGGER = b"tagger Ada Author <ada@example.com> 1700001500 +0100\n"


@pytest.fixture
def git(tmp_path):
    made = GitRepository.create(tmp_path / "r.git")
    builders.write_history(made.path)
    return made


def tag(git, tagger, message):
    """Write a tag object as it stands, whatever git thinks of it."""
    target = builders.git("rev-parse", "main", cwd=git.path).encode()
    body = b"object " + target + b"\ntype commit\ntag t\n" + tagger + b"\n" + message
    made = subprocess.run(
        ["git", "hash-object", "-t", "tag", "--literally", "-w", "--stdin"],
        cwd=git.path,
        input=body,
        capture_output=True,
        check=True,
    )
    return made.stdout.decode().strip()


@pytest.mark.parametrize(
    ("tagger", "message", "read"),
    [
        (TAGGER, b"one\n\ntwo\n", ("Ada Author", 1700001500, "one\n\ntwo")),
        (b"", b"old\n", ("", 0, "old")),
        (b"tagger nobody\n", b"", ("", 0, "")),
        (
            TAGGER,
            b"signed\n-----BEGIN SSH SIGNATURE-----\nx\n",
            ("Ada Author", 1700001500, "signed"),
        ),
        (TAGGER, b"caf\xe9 \x00", ("Ada Author", 1700001500, "caf\ufffd \ufffd")),
        (b"tagger A <a@b> 99999999999999999999 +0000\n", b"x", ("A", 0, "x")),
    ],
)
def test_a_tag_object_is_read(git, tagger, message, read):
    made = tag(git, tagger, message)
    name, time, told = read

    found = history.annotations_of(git, [made])[made]

    assert (found.tagger.name, found.time, found.message) == (name, time, told)


def test_what_is_no_tag_says_nothing(git):
    commit = builders.git("rev-parse", "main", cwd=git.path)

    assert history.annotations_of(git, [commit, "0" * 39 + "1"]) == {}


def test_the_subject_is_the_first_line():
    assert Annotation(Person("", ""), 0, "one\n\ntwo").subject == "one"
