"""Takes a log all the way: load -> redaction -> store, one slice at a time.

The page, the command line and the first start all call `load_log`. A slice is redacted in memory
and stored in one transaction with the counts so far, so a killed load leaves whole slices; loading
the same log again skips what is stored and goes on.
"""

import filecmp
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from core.load import read_records
from core.records import Feedback, Interaction, Record, Rejected
from core.redaction import TYPES, VERSION, Redactor
from core.redaction.records import RecordRedactor, RedactionFailed
from core.settings import SAMPLE_LOG, SETTINGS_FILE, SettingsError, settings
from core.store import Stale, Store, log, rewrite
from core.store.log import LoadCounts, Slice, StoredReject

ID_CONFLICT = "id_conflict: this id is stored already with another question or answer"
RACES = 5


class Cancelled(Exception):
    """The load was asked to stop; what was stored until then stays."""


@lru_cache(maxsize=1)
def record_redactor() -> RecordRedactor:
    """The one redactor of this process, with the team's settings."""
    chosen = settings().redaction
    if unknown := set(chosen.off) - set(TYPES):
        raise SettingsError(
            f"{SETTINGS_FILE}: redaction.off names {', '.join(sorted(unknown))}, which is no type "
            f"of personal data; the types are {', '.join(TYPES)}."
        )
    redactor = Redactor(
        types=set(TYPES) - set(chosen.off),
        allow=chosen.allow,
        deny=chosen.deny,
    )
    return RecordRedactor(redactor)


def load_file(
    store: Store,
    path: Path,
    on_progress: Callable[[int, int], None] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> LoadCounts:
    """Load a log file. The file that ships as the sample is the sample however it gets in.

    Raises `OSError` when the file cannot be read, and what `load_log` raises.
    """
    with path.open("rb") as stream:
        return load_log(
            store,
            stream,
            str(path),
            size=path.stat().st_size,
            is_sample=is_sample(path),
            on_progress=on_progress,
            mapping=mapping,
        )


def is_sample(path: Path) -> bool:
    """Whether this file is the sample log, byte for byte."""
    return SAMPLE_LOG.exists() and filecmp.cmp(path, SAMPLE_LOG, shallow=False)


def load_log(
    store: Store,
    stream: BinaryIO,
    name: str,
    *,
    size: int = 0,
    is_sample: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> LoadCounts:
    """Load one log from a binary stream; `name` is what rejects and loads call it,
    `mapping` is for logs of another shape (`core.load.mapping`).

    `on_progress` is called after each slice with bytes done and `size`; it may raise `Cancelled`.
    Returns the counts by record of this load.
    """
    limits = settings().load
    redactor = record_redactor()
    # A path often holds its owner's name.
    home = str(Path.home())
    name = redactor.safe_file_name(name.replace(home, "~") if len(home) > 1 else name)
    load_id = log.start_load(store, name, datetime.now(UTC), is_sample=is_sample)
    counts = LoadCounts()
    for records in _slices(
        read_records(stream, limits.max_line_bytes, mapping), limits.slice_records
    ):
        for race in range(RACES):
            try:
                part, after = _prepare(store, redactor, records, counts)
                now = datetime.now(UTC)
                log.store_slice(store, load_id, name, part, after, now, is_sample=is_sample)
            except Stale:
                # Another load stored one of these ids meanwhile: look again.
                if race == RACES - 1:
                    raise
            else:
                counts = after
                break
        if on_progress:
            on_progress(records[-1].offset, size)
    log.finish_load(store, load_id, datetime.now(UTC))
    return counts


class Reredaction(msgspec.Struct, frozen=True):
    """How many interactions were outdated, how many of them changed, and which ids failed."""

    outdated: int
    changed: int
    failed: list[str]


def reredact(store: Store, on_progress: Callable[[int, int], None] | None = None) -> Reredaction:
    """Redact stored text that an older version made; one interaction a transaction.

    `on_progress` is called with interactions done and to do. Killed, it goes on when run again.
    """
    redactor = record_redactor()
    ids = rewrite.outdated(store, VERSION)
    changed, failed = 0, []
    for number, id_ in enumerate(ids, start=1):
        before = rewrite.texts(store, id_)
        try:
            after = redactor.again(id_, before)
        except RedactionFailed:
            failed.append(id_)
            continue
        rewrite.replace(store, after, VERSION)
        changed += before != after
        if on_progress:
            on_progress(number, len(ids))
    for excerpt in rewrite.excerpts(store):
        again = redactor.redactor.redact(excerpt).text
        if again != excerpt:
            rewrite.replace_excerpt(store, excerpt, again)
    return Reredaction(len(ids), changed, failed)


def _slices(records: Iterator[Record | Rejected], size: int) -> Iterator[list[Record | Rejected]]:
    while part := list(islice(records, size)):
        yield part


def _prepare(
    store: Store, redactor: RecordRedactor, records: list[Record | Rejected], before: LoadCounts
) -> tuple[Slice, LoadCounts]:
    """Decide what becomes of each record, then redact what is new."""
    part = Slice(first_line=records[0].line, last_line=records[-1].line)
    counts = LoadCounts(
        lines=before.lines + len(records),
        loaded=before.loaded,
        duplicate=before.duplicate,
        rejected=before.rejected,
        feedback=before.feedback,
        redacted=dict(before.redacted),
    )
    readable = [record for record in records if isinstance(record, Record)]
    identities = {
        record.line: redactor.identify(record.content)
        for record in readable
        if isinstance(record.content, Interaction)
    }
    ballots = {record.line: redactor.identify_votes(record.content) for record in readable}
    contents = log.content_keys(store, [id_ for id_, _ in identities.values()])
    events = log.known_events(store, [key for votes in ballots.values() for key, _ in votes])

    rejected = [record for record in records if isinstance(record, Rejected)]
    new: list[tuple[int, Interaction]] = []
    votes: list[tuple[int, Feedback]] = []
    for record in readable:
        fresh = [(key, vote) for key, vote in ballots[record.line] if key not in events]
        if isinstance(record.content, Interaction):
            id_, content_key = identities[record.line]
            if contents.get(id_, content_key) != content_key:
                rejected.append(_conflict(record, record.content))
                continue
            if id_ not in contents:
                contents[id_] = content_key
                new.append((record.line, record.content))
                counts.loaded += 1
            elif fresh:
                counts.feedback += 1
            else:
                counts.duplicate += 1
        elif fresh:
            counts.feedback += 1
        else:
            counts.duplicate += 1
        for key, vote in fresh:
            # The same vote twice on one line is one vote.
            if key not in events:
                events.add(key)
                votes.append((record.line, vote))

    redactor.warm([content for _, content in new] + [vote for _, vote in votes])
    ids = {identities[line][0] for line, _ in new} | {
        vote.interaction_id or "" for _, vote in votes
    }
    stored = log.texts(store, sorted(ids))
    for line, content in new:
        known = stored.get(identities[line][0], ())
        try:
            part.interactions.append((line, redactor.interaction(content, known)))
        except Exception:  # one record must not cost the rest of the log
            rejected.append(_unprocessed(line, readable))
            counts.loaded -= 1
    for line, vote in votes:
        known = stored.get(vote.interaction_id or "", ())
        part.feedback.append((line, redactor.feedback(vote, known)))
    part.rejected = [
        StoredReject(reject.line, reject.offset, reject.reason, redactor.excerpt(reject))
        for reject in sorted(rejected, key=lambda reject: reject.line)
    ]
    counts.rejected += len(rejected)
    found = [safe.counts for _, safe in part.interactions]
    found += [vote.counts for _, vote in part.feedback]
    for type_counts in found:
        for type_, number in type_counts.items():
            counts.redacted[type_] = counts.redacted.get(type_, 0) + number
    return part, counts


def _unprocessed(line: int, records: list[Record]) -> Rejected:
    offset = next(record.offset for record in records if record.line == line)
    return Rejected(line=line, offset=offset, reason="could not be processed", raw="")


def _conflict(record: Record, content: Interaction) -> Rejected:
    return Rejected(
        line=record.line,
        offset=record.offset,
        reason=ID_CONFLICT,
        raw=f"{content.id}: {content.question} → {content.answer}",
    )
