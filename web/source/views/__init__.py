"""Views: pages about files and folders."""
