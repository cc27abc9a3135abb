"""What a notebook shows of a result: its text, in a box, with a line above it."""

from html import escape

#: Lines of a text that are shown; the rest is counted.
_MOST_LINES = 60

_STYLE = (
    "margin:0;padding:.6em;max-height:30em;overflow:auto;border:1px solid #8888;line-height:1.3"
)


def format_notebook_html(caption: str, text: str) -> str:
    """HTML of a text with its caption: no script, no colour of its own, safe for any text."""
    lines = text.rstrip("\n").split("\n")
    hidden = len(lines) - _MOST_LINES
    if hidden > 0:
        lines = [*lines[:_MOST_LINES], f"... {hidden} more lines"]
    shown = escape("\n".join(lines))
    return f'<div><p><b>{escape(caption)}</b></p><pre style="{_STYLE}">{shown}</pre></div>'
