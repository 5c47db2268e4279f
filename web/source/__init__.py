"""Pages about files and folders."""
