"""REST as every app speaks it: one view class, one renderer, one envelope for refusals."""
