"""The version segment of REST paths: `latest`, `1.0` and every `N.N` are one API."""


class RestVersion:
    """A path converter for `/rest/<module>/<rest_version>/...`."""

    regex = r"latest|\d{1,3}\.\d{1,3}"

    def to_python(self, value: str) -> str:
        """Keep the text; nobody asks which version it was."""
        return value

    def to_url(self, value: str) -> str:
        """Keep the text."""
        return value
