"""The browser's door: pages that show what selectors find and forms that call services. Nothing is decided here."""
