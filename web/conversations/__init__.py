"""Comments on pages: their layout, forms and actions."""
