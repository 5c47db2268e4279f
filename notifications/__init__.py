"""What people are told by mail: of what they take part in, watch, or are named in."""
