"""Pages about branches and tags."""
