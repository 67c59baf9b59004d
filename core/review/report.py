"""A value that slipped through: found and replaced everywhere, and known when it comes again.

What was stored is put right at once, in one transaction; the file is then written anew, so that
the value is in none of its bytes. What comes later, the same log loaded again included, is redacted
by a keyed hash of the value's words, as the value itself is kept nowhere (`redaction.reported` says
how and why not on the deny list, which is a file in clear).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote

import msgspec

from core.redaction import TYPES, Redacted
from core.redaction.finding import PLACEHOLDER
from core.redaction.records import RecordRedactor, RedactionFailed
from core.redaction.reported import Watch, Watchful, keyed_mark, words_of
from core.review.decide import Refused
from core.store import DatabaseError, Store, exports, log, reported, rewrite
from core.store.reported import Replacement
from core.store.rewrite import Rows

_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|.)")  # of JSON, which glues to the words beside it
LONGEST = 200
SHORTEST = 2
BATCH = 500
CUT = "…"


class Places(msgspec.Struct, frozen=True):
    """Where a value stands: in how many interactions `of` all, how often, in how many exports."""

    interactions: int
    of: int
    places: int
    exports: int

    @property
    def share(self) -> float:
        """Of all interactions, 0..1."""
        return self.interactions / self.of if self.of else 0.0


class Reported(msgspec.Struct, frozen=True):
    """What a report did; from then on later texts are searched for the value too.

    `gone`: no byte of the database file holds it any more; else `problem` says why not.
    """

    type: str
    interactions: int
    places: int
    exports: int
    gone: bool
    problem: str = ""


def preview(store: Store, redactor: RecordRedactor, value: str) -> Places:
    """Where the value stands now. Raises `Refused` when it cannot be looked for."""
    change, places = _replacement(store, redactor, _checked(value), "PERSON")
    return Places(len(change.rows), log.number(store), places, len(change.exports))


def take_out(
    store: Store,
    redactor: RecordRedactor,
    value: str,
    *,
    kind: str,
    reporter: str,
    now: datetime,
) -> Reported:
    """Replace the value in everything stored, and know it from now on.

    A second report of the same value finds what has come since and changes the type of what comes
    later. Raises `Refused` when it cannot be looked for, `RedactionFailed`, `DatabaseError`.
    """
    value, reporter = _checked(value), reporter.strip()
    if not reporter:
        raise Refused("Say who you are first: every report carries its reporter's name.")
    if kind not in TYPES:
        raise Refused(f"The type must be one of {', '.join(TYPES)}.")
    words = words_of(value)
    with store.storing.alone():
        # Nothing that was redacted before the value was known is stored after this.
        change, places = _replacement(store, redactor, value, kind)
        reported.replace(
            store,
            change,
            mark=keyed_mark(words),
            words=len(words),
            type_=kind,
            reporter=reporter,
            places=places,
            now=now,
        )
        recognise(store, redactor)
    try:
        finish(store, now)
    except DatabaseError as error:
        problem = str(error)
    else:
        problem = ""
    return Reported(
        kind, len(change.rows), places, len(change.exports), gone=not problem, problem=problem
    )


def finish(store: Store, now: datetime) -> bool:
    """Write the file anew where a report was not followed by that; whether there was need.

    Raises `DatabaseError` when it cannot be done.
    """
    if not reported.unfinished(store):
        return False
    store.rewrite_file()
    reported.gone(store, now)
    return True


def recognise(store: Store, redactor: RecordRedactor) -> None:
    """Let the redactor find what was reported in this store."""
    if isinstance(redactor.redactor, Watchful):
        redactor.redactor.watch = Watch(reported.marks(store))


def _checked(value: str) -> str:
    value = value.strip()
    words = words_of(value)
    if sum(map(len, words)) < SHORTEST:
        raise Refused("Too short to be looked for: give at least two letters or digits.")
    if len(value) > LONGEST:
        raise Refused(f"Longer than {LONGEST} characters: report the name or number alone.")
    if PLACEHOLDER.search(value):
        raise Refused("There is a placeholder in it: give the words beside it alone.")
    return value


def _replacement(
    store: Store, redactor: RecordRedactor, value: str, kind: str
) -> tuple[Replacement, int]:
    """All that is to change, and in how many places the value stands."""
    only = redactor.looking_for(Watchful(types=(), watch=Watch.of(value, kind)))
    places = 0
    rows: list[Rows] = []
    ids: dict[str, str] = {}
    exported: set[str] = set()
    longest = max(words_of(value), key=len)
    listed = iter(reported.candidates(store, longest))
    while batch := list(islice(listed, BATCH)):
        for id_, before in rewrite.texts_of(store, batch).items():
            found = only.redactor.find(id_)
            if not found and not _holds(only, before):
                continue
            after, number = only.again(id_, before)
            if found:
                ids[id_] = only.safe_id(id_)
            if number or found:
                places += number + len(found)
                rows.append(after)
                if found or rewrite.exported(before, after):
                    exported.add(id_)
    loose: dict[tuple[str, str], dict[str, str]] = {}
    named: set[str] = set()
    for column, texts in reported.loose(store).items():
        for text in texts:
            redacted = _loose(only, column[1], text, value)
            if redacted.failed:
                raise RedactionFailed("A text could not be looked through; nothing was changed.")
            if redacted.text != text:
                loose.setdefault(column, {})[text] = redacted.text
                places += max(1, len(redacted.findings))
                if column == ("exports", "manifest"):
                    named.add(msgspec.json.decode(text)["export_id"])
    change = Replacement(
        rows=rows,
        ids=ids,
        loose=loose,
        presets=[text for text in reported.presets(store) if only.redactor.find(text)],
        exports=sorted({*named, *exports.holding(store, sorted(exported))}),
    )
    return change, places


def _holds(only: RecordRedactor, rows: Rows) -> bool:
    """Whether any text in these rows holds the value; quicker than redacting them."""
    texts = [text for table in rows.values() for row in table for text in _texts_in(row)]
    plain = [_ESCAPE.sub(" ", text) if "\\" in text else text for text in texts]
    return any(only.redactor.find_many(plain + [_decoded(text) for text in texts if "%" in text]))


def _decoded(text: str) -> str:
    while (decoded := unquote(text)) != text:
        text = decoded
    return text


def _texts_in(row: dict[str, Any]) -> Iterator[str]:
    for value in row.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from value


def _loose(only: RecordRedactor, column: str, text: str, value: str) -> Redacted:
    if column == "manifest":
        pieces: list[Redacted] = []
        tree = _walked(only, msgspec.json.decode(text), pieces)
        found = tuple(finding for piece in pieces for finding in piece.findings)
        if not found:
            return Redacted(text, ())
        pretty = msgspec.json.format(msgspec.json.encode(tree), indent=2).decode()
        return Redacted(f"{pretty}\n", found, any(piece.failed for piece in pieces))
    redacted = only.redactor.redact(text)
    if column == "excerpt" and redacted.text.endswith(CUT):
        # Where the excerpt was cut, half of the value may stand.
        head = redacted.text.removesuffix(CUT)
        for length in range(min(len(value), len(head)) - 1, 3, -1):
            if head[-length:].casefold() == value[:length].casefold():
                return Redacted(head[:-length] + CUT, redacted.findings, redacted.failed)
    return redacted


def _walked(only: RecordRedactor, value: Any, pieces: list[Redacted]) -> Any:
    match value:
        case dict():
            return {name: _walked(only, item, pieces) for name, item in value.items()}
        case list():
            return [_walked(only, item, pieces) for item in value]
        case str() if only.redactor.find(value):
            new = only.safe_id(value)
            pieces.append(Redacted(new, tuple(only.redactor.find(value))))
            return new
    return value
