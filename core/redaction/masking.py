"""The text as the model reads it: no code, no marks at the beginning of lines, no placeholders.

Identifiers and markup look like names to the model, and what an earlier round or an earlier
redaction took out must look the same to it whatever stood there and however long it was: that is
what keeps a second redaction from finding more than the first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from core.redaction.normalise import HOLE

HOLE_SIGN = "■"  # no gap between words of a name or an address matches it

# A fence is closed by the same sign or by the end of the text; a span stays on its line.
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_MASKED = re.compile(
    r"(?<!`)(`{1,2})(?!`)[^\n`]{1,300}\1(?!`)"  # code span
    r"|^[ \t]*(?:>>>|\.\.\.)(?: [^\n]*)?$"  # interpreter session
    r"|:[a-z]{2,12}(?::[a-z]{2,12})?(?: [\w.*]{1,60}){0,2}:(?=[\s`])"  # :param name: of Sphinx
    r"|^[ \t]*(?:[>?*#=|•-]{1,6}[ \t]*){1,6}",  # quote, bullet, heading
    re.MULTILINE,
)
_HOLES = re.compile(HOLE + "+")


@dataclass(frozen=True, slots=True)
class View:
    """`text` for the model; `marks[i]` -> `origins[i]`: where each stretch of it came from."""

    text: str
    marks: Sequence[int]
    origins: Sequence[int]


def view(text: str) -> View:
    """Mask `text`: code and line marks become spaces, each run of holes becomes one sign."""
    text = _MASKED.sub(_blank, _unfenced(text))
    if HOLE not in text:
        return View(text, (0,), (0,))
    parts, marks, origins = [], [0], [0]
    done = length = 0
    for hole in _HOLES.finditer(text):
        parts.append(text[done : hole.start()] + HOLE_SIGN)
        length += len(parts[-1])
        done = hole.end()
        marks.append(length)
        origins.append(done)
    parts.append(text[done:])
    return View("".join(parts), marks, origins)


def back(seen: View, offset: int) -> int:
    """The offset in the text that was given to `view` of an offset in the view."""
    index = bisect_right(seen.marks, offset) - 1
    return seen.origins[index] + offset - seen.marks[index]


def _blank(match: re.Match[str]) -> str:
    return "".join("\n" if c == "\n" else HOLE if c == HOLE else " " for c in match.group())


def _unfenced(text: str) -> str:
    """`text` with fenced code blanked, line by line."""
    if not _FENCE.search(text):
        return text
    lines, fence = [], ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        masked = bool(fence)
        if match and not fence:
            fence, masked = match.group(1), True
        elif match and match.group(1).startswith(fence) and not line[match.end() :].strip():
            fence = ""
        lines.append(re.sub(f"[^{HOLE}]", " ", line) if masked else line)
    return "\n".join(lines)
