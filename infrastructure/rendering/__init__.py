"""Render text that strangers wrote: Markdown and source code as HTML, bounded in time and memory.

`client` is what the rest of the product calls. Short texts are rendered in the calling process,
longer ones in a small pool of processes that know nothing of Django.
"""
