"""Takes a log all the way: load -> redaction -> store, one slice at a time.

The page, the command line and the first start all call `load_log`. A slice is redacted in memory
and stored in one transaction with the counts so far, so a killed load leaves whole slices; loading
the same file again goes on after them, and of a log that has grown skips what is stored.
"""

import filecmp
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from core.curate.holdout import link_new
from core.keys import keyed_hash
from core.load import Reading, Shape, as_toml, guess_together, parse_shape, read_log
from core.records import Feedback, Interaction, Record, Rejected
from core.redaction import TYPES
from core.redaction.page import FAILURES
from core.redaction.records import RecordRedactor
from core.redaction.reported import Watchful
from core.review.report import recognise
from core.settings import SAMPLE_LOG, SETTINGS_FILE, SettingsError, settings
from core.store import DatabaseError, Stale, Store, log, shapes, unchecked
from core.store.log import LoadCounts, Slice, StoredReject

ID_CONFLICT = "id_conflict: this id is stored already with another question or answer"
RACES = 5
MOST_SEEN = 500
"""Files of a folder that are looked at together."""
SLICE_WORK = 60_000
"""Bytes of raw text in one slice; what our own capture has redacted is twenty times as quick."""
Progress = Callable[[int, int, int], None]
"""Called with bytes done, bytes in all, records done."""


class Cancelled(Exception):
    """The load was asked to stop; what was stored until then stays."""


class ShutDown(Cancelled):
    """The program ends: nobody's wish, so the next start takes the load up again."""


@lru_cache(maxsize=1)
def record_redactor() -> RecordRedactor:
    """The one redactor of this process, with the team's settings."""
    chosen = settings().redaction
    if unknown := set(chosen.off) - set(TYPES):
        raise SettingsError(
            f"{SETTINGS_FILE}: redaction.off names {', '.join(sorted(unknown))}, which is no type "
            f"of personal data; the types are {', '.join(TYPES)}."
        )
    redactor = Watchful(
        types=set(TYPES) - set(chosen.off),
        allow=chosen.allow,
        deny=chosen.deny,
        patterns=chosen.patterns,
        person=chosen.person,
        address=chosen.address,
        seconds=chosen.seconds_per_text,
    )
    return RecordRedactor(redactor)


def redactor_of(store: Store) -> RecordRedactor:
    """The redactor of this process, knowing what was reported in this store."""
    redactor = record_redactor()
    recognise(store, redactor)
    return redactor


def load_file(
    store: Store,
    path: Path,
    on_progress: Progress | None = None,
    *,
    shape: Shape | None = None,
    mapping: Mapping[str, str] | None = None,
    likely: Sequence[Shape] = (),
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
            file_key=key_of_file(path),
            on_progress=on_progress,
            shape=shape,
            mapping=mapping,
            likely=likely,
        )


def likely_shapes(store: Store, paths: Iterable[Path]) -> list[Shape]:
    """What the files of a folder are, seen together. Raises `OSError`."""
    readings = []
    for path in islice(filter(Path.is_file, paths), MOST_SEEN):
        with path.open("rb") as stream:
            readings.append(inspect_log(store, stream, path.name))
    return guess_together(readings)


def key_of_file(path: Path) -> str:
    """What tells this state of this file from others without reading it; nothing for a pipe."""
    about = path.stat()
    if not path.is_file():
        return ""
    return keyed_hash("file", str(path.resolve()), str(about.st_size), str(about.st_mtime_ns))


def is_sample(path: Path) -> bool:
    """Whether this file is the sample log, byte for byte."""
    return SAMPLE_LOG.exists() and filecmp.cmp(path, SAMPLE_LOG, shallow=False)


def inspect_log(
    store: Store,
    stream: BinaryIO,
    name: str,
    *,
    shape: Shape | None = None,
    mapping: Mapping[str, str] | None = None,
    likely: Sequence[Shape] = (),
) -> Reading:
    """Begin to read a log the way `load_log` would, without storing anything of it."""
    limit = settings().load.max_line_bytes
    known = [*remembered_shapes(store), *likely]
    return read_log(stream, name, limit, shape=shape, mapping=mapping, remembered=known)


def load_log(
    store: Store,
    stream: BinaryIO,
    name: str,
    *,
    size: int = 0,
    is_sample: bool = False,
    file_key: str = "",
    on_progress: Progress | None = None,
    shape: Shape | None = None,
    mapping: Mapping[str, str] | None = None,
    likely: Sequence[Shape] = (),
) -> LoadCounts:
    """Load one log from a binary stream; `name` is what rejects and loads call it.

    `shape` and `mapping` say how to read it, else that is found out (`core.load.read_log`), also
    from what it is `likely` to be.
    `file_key` is the same for the same bytes: a load of them that was stopped goes on where it
    was, with its counts. `on_progress` is called after each slice with bytes done, `size` and
    records done; it may raise `Cancelled`. Returns the counts by record of this load.
    """
    redactor = redactor_of(store)
    reading = inspect_log(store, stream, name, shape=shape, mapping=mapping, likely=likely)
    preset = storable(reading.shape)
    # A path often holds its owner's name.
    home = str(Path.home())
    name = redactor.safe_file_name(name.replace(home, "~") if len(home) > 1 else name)
    same = keyed_hash("load", name, file_key, as_toml(reading.shape)) if file_key else None
    load_id, counts = log.begin_load(
        store, name, datetime.now(UTC), is_sample=is_sample, file_key=same, shape=preset, size=size
    )
    records = islice(reading.records, counts.lines, None)
    try:
        for slice_ in _slices(records, settings().load.slice_records):
            counts = _store_slice(store, redactor, slice_, counts, load_id, name, sample=is_sample)
            if on_progress:
                on_progress(slice_[-1].offset, size, counts.lines)
    except Exception as error:
        # Best effort: what stops a load may stop this note of it too.
        if not isinstance(error, ShutDown):
            with suppress(DatabaseError, Stale):
                why = "cancelled" if isinstance(error, Cancelled) else type(error).__name__
                log.stop_load(store, load_id, datetime.now(UTC), why)
        raise
    log.finish_load(store, load_id, datetime.now(UTC))
    link_new(store, sample=is_sample)
    return counts


def remembered_shapes(store: Store) -> list[Shape]:
    """The shapes this team chose before, the last one first."""
    return [parse_shape(preset) for preset in shapes.saved(store)]


def remember(store: Store, shape: Shape) -> bool:
    """Keep a shape for the next log with the same keys, unless its keys hold personal data."""
    preset = storable(shape)
    if not preset or not shape.recognise:
        return False
    key = keyed_hash("keys", *sorted(shape.recognise))
    shapes.save(store, key, preset, datetime.now(UTC))
    return True


def storable(shape: Shape) -> str | None:
    """A shape as it may be stored: None when a key or value in it holds personal data."""
    text = as_toml(shape)
    keys = [*shape.recognise, *shape.fields.values(), *shape.source.values(), *shape.leave_out]
    words = [*shape.votes.up, *shape.votes.down, *shape.votes.none]
    records = record_redactor()
    held = [records.key(key) for key in keys] + [records.redactor.redact(word) for word in words]
    return None if any(each.findings for each in held) else text


def _store_slice(
    store: Store,
    redactor: RecordRedactor,
    records: list[Record | Rejected],
    counts: LoadCounts,
    load_id: int,
    name: str,
    *,
    sample: bool,
) -> LoadCounts:
    for race in range(RACES):
        try:
            with store.storing.shared():
                part, after = _prepare(store, redactor, records, counts)
                now = datetime.now(UTC)
                log.store_slice(store, load_id, name, part, after, now, is_sample=sample)
        except Stale:
            # Another load stored one of these ids meanwhile: look again.
            if race == RACES - 1:
                raise
        else:
            return after
    raise AssertionError("unreachable")


def _slices(records: Iterator[Record | Rejected], most: int) -> Iterator[list[Record | Rejected]]:
    """Cut by work, so that progress and a wish to stop are seen every second or two."""
    part: list[Record | Rejected] = []
    work = before = 0
    for record in records:
        part.append(record)
        length = max(0, record.offset - before)
        before = record.offset
        work += length // 20 if isinstance(record, Record) and record.content.sealed else length
        if len(part) >= most or work > SLICE_WORK:
            yield part
            part, work = [], 0
    if part:
        yield part


def _prepare(
    store: Store, redactor: RecordRedactor, records: list[Record | Rejected], before: LoadCounts
) -> tuple[Slice, LoadCounts]:
    """Decide what becomes of each record, then redact what is new."""
    part = Slice(first_line=records[0].line, last_line=records[-1].line, offset=records[-1].offset)
    counts = LoadCounts(
        lines=before.lines + len(records),
        loaded=before.loaded,
        duplicate=before.duplicate,
        rejected=before.rejected,
        feedback=before.feedback,
        redacted=dict(before.redacted),
    )
    # By place in the slice: one line may hold a whole conversation.
    readable = {n: each for n, each in enumerate(records) if isinstance(each, Record)}
    identities = {
        place: redactor.identify(record.content)
        for place, record in readable.items()
        if isinstance(record.content, Interaction)
    }
    ballots = {n: redactor.identify_votes(record.content) for n, record in readable.items()}
    contents = log.content_keys(store, [id_ for id_, _ in identities.values()])
    events = log.known_events(store, [key for votes in ballots.values() for key, _ in votes])
    # A text that could not be checked then is not known: the same line gives it another chance.
    failed = unchecked.among(store, [id_ for id_, _ in identities.values()], events)
    events -= failed
    part.again = set(failed)

    rejected = [record for record in records if isinstance(record, Rejected)]
    new: list[tuple[int, Interaction]] = []
    votes: list[tuple[int, Feedback]] = []
    for place, record in readable.items():
        fresh = [(key, vote) for key, vote in ballots[place] if key not in events]
        if isinstance(record.content, Interaction):
            id_, content_key = identities[place]
            if contents.get(id_, content_key) != content_key:
                rejected.append(_conflict(record, record.content))
                continue
            if id_ not in contents:
                contents[id_] = content_key
                new.append((place, record.content))
                counts.loaded += 1
            elif id_ in failed:
                failed.discard(id_)
                new.append((place, record.content))
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
    ids = {identities[place][0] for place, _ in new} | {
        vote.interaction_id or "" for _, vote in votes
    }
    stored = log.texts(store, sorted(ids))
    for place, content in new:
        known = stored.get(identities[place][0], ())
        line = readable[place].line
        try:
            safe = redactor.interaction(content, known)
        except Exception:  # one record must not cost the rest of the log
            rejected.append(_unprocessed(readable[place]))
            counts.loaded -= 1
            continue
        if safe.id in part.again and FAILURES in safe.counts:
            counts.loaded -= 1
            counts.duplicate += 1
        else:
            part.interactions.append((line, safe))
    for line, vote in votes:
        known = stored.get(vote.interaction_id or "", ())
        ballot = redactor.feedback(vote, known)
        if not (ballot.event_key in part.again and FAILURES in ballot.counts):
            part.feedback.append((line, ballot))
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


def _unprocessed(record: Record) -> Rejected:
    return Rejected(line=record.line, offset=record.offset, reason="could not be processed", raw="")


def _conflict(record: Record, content: Interaction) -> Rejected:
    return Rejected(
        line=record.line,
        offset=record.offset,
        reason=ID_CONFLICT,
        raw=f"{content.id}: {content.question} → {content.answer}",
    )
