"""The shape of the database, as numbered steps that are never edited once released.

A step is a function of a cursor; its number is its place in `STEPS`. Times are UTC without a zone.
JSON is kept as text: what is filtered on has its own column.
"""

from collections.abc import Callable

import duckdb


def _first_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("""
    -- One number for every stored event, so that "everything up to here" means one thing.
    CREATE SEQUENCE events;

    CREATE TABLE loads (
        id INTEGER PRIMARY KEY, log_file VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL,
        finished_at TIMESTAMP, cleared_at TIMESTAMP, is_sample BOOLEAN NOT NULL,
        lines BIGINT NOT NULL, loaded BIGINT NOT NULL, duplicate BIGINT NOT NULL,
        rejected BIGINT NOT NULL, feedback BIGINT NOT NULL, redacted VARCHAR NOT NULL
    );

    CREATE TABLE interactions (
        seq BIGINT NOT NULL, id VARCHAR PRIMARY KEY, content_key VARCHAR NOT NULL,
        logged_at TIMESTAMP, question VARCHAR NOT NULL, answer VARCHAR NOT NULL,
        history VARCHAR, sources VARCHAR, agent_version VARCHAR, model VARCHAR,
        session_id VARCHAR, user_ref VARCHAR, tags VARCHAR[], consent BOOLEAN, metadata VARCHAR,
        redaction_version VARCHAR NOT NULL, redaction_counts VARCHAR NOT NULL,
        load_id INTEGER NOT NULL, log_line BIGINT NOT NULL, is_sample BOOLEAN NOT NULL,
        stored_at TIMESTAMP NOT NULL
    );

    -- No foreign key: a vote may come before its answer, and waits for it.
    CREATE TABLE feedback (
        seq BIGINT NOT NULL, event_key VARCHAR PRIMARY KEY, interaction_id VARCHAR NOT NULL,
        given_at TIMESTAMP, signal VARCHAR NOT NULL, correction VARCHAR, comment VARCHAR,
        tags VARCHAR[], rater_ref VARCHAR, redaction_version VARCHAR NOT NULL,
        redaction_counts VARCHAR NOT NULL, load_id INTEGER NOT NULL, log_line BIGINT NOT NULL,
        is_sample BOOLEAN NOT NULL, stored_at TIMESTAMP NOT NULL
    );

    CREATE TABLE rejected_lines (
        load_id INTEGER NOT NULL, log_file VARCHAR NOT NULL, line BIGINT NOT NULL,
        byte_offset BIGINT NOT NULL, reason VARCHAR NOT NULL, excerpt VARCHAR NOT NULL,
        is_sample BOOLEAN NOT NULL
    );

    CREATE TABLE decisions (
        seq BIGINT NOT NULL, interaction_id VARCHAR NOT NULL, revision INTEGER NOT NULL,
        action VARCHAR NOT NULL, final_answer VARCHAR, reason VARCHAR, note VARCHAR,
        reviewer VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL, undoes INTEGER,
        redaction_version VARCHAR NOT NULL,
        PRIMARY KEY (interaction_id, revision)
    );

    -- A skip is one reviewer's own: it never raises an item's revision.
    CREATE TABLE skips (
        seq BIGINT NOT NULL, interaction_id VARCHAR NOT NULL, reviewer VARCHAR NOT NULL,
        skipped BOOLEAN NOT NULL, skipped_at TIMESTAMP NOT NULL
    );

    CREATE TABLE claims (
        interaction_id VARCHAR PRIMARY KEY, reviewer VARCHAR NOT NULL, until TIMESTAMP NOT NULL
    );

    CREATE TABLE exports (
        seq BIGINT NOT NULL, export_id VARCHAR PRIMARY KEY, format VARCHAR NOT NULL,
        cut_off BIGINT NOT NULL, exported_at TIMESTAMP NOT NULL, manifest VARCHAR NOT NULL,
        is_sample BOOLEAN NOT NULL
    );

    CREATE TABLE export_items (
        export_id VARCHAR NOT NULL, interaction_id VARCHAR NOT NULL, revision INTEGER NOT NULL,
        split VARCHAR NOT NULL, row_hash VARCHAR NOT NULL
    );
    """)


def _any_log_and_drafts(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("""
    -- How a log was read, and how far: the same file, read the same way, goes on where it stopped.
    ALTER TABLE loads ADD COLUMN file_key VARCHAR;
    ALTER TABLE loads ADD COLUMN shape VARCHAR;
    ALTER TABLE loads ADD COLUMN bytes_done BIGINT;
    ALTER TABLE loads ADD COLUMN bytes_total BIGINT;
    ALTER TABLE loads ADD COLUMN stopped_at TIMESTAMP;
    ALTER TABLE loads ADD COLUMN stopped_because VARCHAR;

    -- The way a team chose to read logs with these keys.
    CREATE TABLE shapes (
        keys_hash VARCHAR PRIMARY KEY, preset VARCHAR NOT NULL, saved_at TIMESTAMP NOT NULL
    );

    -- What a reviewer has typed and not decided yet.
    CREATE TABLE drafts (
        interaction_id VARCHAR NOT NULL, reviewer VARCHAR NOT NULL, revision INTEGER NOT NULL,
        correction VARCHAR, note VARCHAR, saved_at TIMESTAMP NOT NULL,
        redaction_version VARCHAR NOT NULL, PRIMARY KEY (interaction_id, reviewer)
    );
    """)


def _reports_and_redactions(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("""
    -- Values that reviewers reported. `mark` is a keyed hash: it tells the value when it comes
    -- again and cannot be read. What was done stays as a record without text.
    CREATE TABLE reported (
        seq BIGINT NOT NULL, mark VARCHAR NOT NULL, words INTEGER NOT NULL, type VARCHAR NOT NULL,
        reporter VARCHAR NOT NULL, reported_at TIMESTAMP NOT NULL, interactions BIGINT NOT NULL,
        places BIGINT NOT NULL, exports BIGINT NOT NULL, gone_at TIMESTAMP
    );

    -- An export that held what has been taken out of the store since.
    ALTER TABLE exports ADD COLUMN superseded_at TIMESTAMP;
    ALTER TABLE exports ADD COLUMN superseded_because VARCHAR;

    -- Each time stored text was redacted again.
    CREATE TABLE redactions (
        id INTEGER PRIMARY KEY, version VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL,
        finished_at TIMESTAMP, stopped_because VARCHAR, outdated BIGINT NOT NULL,
        changed BIGINT NOT NULL, failed BIGINT NOT NULL
    );
    """)


def _exam_and_lessons(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("""
    -- Which earlier interaction asks the same; itself, if none. Made once, never made anew.
    CREATE TABLE question_links (
        interaction_id VARCHAR NOT NULL, first_id VARCHAR NOT NULL, why VARCHAR NOT NULL
    );

    CREATE TABLE same_questions (
        seq BIGINT NOT NULL, interaction_id VARCHAR NOT NULL, other_id VARCHAR NOT NULL,
        reviewer VARCHAR NOT NULL, said_at TIMESTAMP NOT NULL
    );

    -- The share of questions kept out of training, in per cent, each time it was chosen.
    CREATE TABLE holdout_shares (
        seq BIGINT NOT NULL, percent INTEGER NOT NULL, chosen_by VARCHAR NOT NULL,
        chosen_at TIMESTAMP NOT NULL, is_sample BOOLEAN NOT NULL
    );
    """)


STEPS: tuple[Callable[[duckdb.DuckDBPyConnection], None], ...] = (
    _first_tables,
    _any_log_and_drafts,
    _reports_and_redactions,
    _exam_and_lessons,
)


def migrate(cursor: duckdb.DuckDBPyConnection) -> None:
    """Take the steps that this database has not taken yet."""
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name VARCHAR NOT NULL)"
    )
    taken = {row[0] for row in cursor.execute("SELECT number FROM migrations").fetchall()}
    for number, step in enumerate(STEPS, start=1):
        if number not in taken:
            step(cursor)
            cursor.execute("INSERT INTO migrations VALUES (?, ?)", [number, step.__name__])
