"""URL converters: the API version, personal project keys, revisions and Git paths."""


class RestVersion:
    """`latest`, `1.0` and every `N.N` are one API."""

    regex = r"latest|\d{1,3}\.\d{1,3}"

    def to_python(self, value: str) -> str:
        """Return the text as it is; all versions are served alike."""
        return value

    def to_url(self, value: str) -> str:
        """Keep the text."""
        return value


class PersonalKey:
    """A user's slug, which names the key of their personal project."""

    regex = r"[^/]+"

    def to_python(self, value: str) -> str:
        """Give the project's key."""
        return f"~{value.removeprefix('~')}"

    def to_url(self, value: str) -> str:
        """Give the slug."""
        return value.removeprefix("~")


class Revision:
    """A commit, branch or tag within a path: it ends at the first place where the route goes on."""

    regex = r".+?"

    def to_python(self, value: str) -> str:
        """Keep the text."""
        return value

    def to_url(self, value: str) -> str:
        """Keep the text."""
        return value


class GitPath:
    """A path within a repository: every character that Git allows, a line feed too, which Django's own stops at."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        """Keep the text."""
        return value

    def to_url(self, value: str) -> str:
        """Keep the text."""
        return value
