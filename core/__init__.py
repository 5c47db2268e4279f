"""The kernel that every app uses: errors, events, paging, links, site settings and the base of REST views."""
