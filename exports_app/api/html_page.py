"""A small page for a browser where a program gets JSON."""

from html import escape

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, \
initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: {width}; \
margin: {top} auto; padding: 0 1.5rem; overflow-wrap: anywhere; }}</style></head>
<body><h1>{title}</h1>{content}</body></html>
"""


def page(title: str, content: str, *, width: str = "34rem", top: str = "20vh") -> str:
    """content: HTML. width, top: lengths of CSS."""
    return _PAGE.format(title=escape(title), content=content, width=width, top=top)


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def wants_page(accept: str) -> bool:
    """Whether an Accept header is a browser's."""
    return "text/html" in accept
