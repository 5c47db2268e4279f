"""Pages that compare two branches, tags or commits."""
