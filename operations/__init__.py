"""Running the place: the queue of later work and the figures of `/metrics`, for administrators of the site."""
