"""Settings, the key, keyed hashes, and where the product keeps its things."""

import stat
import threading
from pathlib import Path

import pytest

from core import settings as config
from core.keys import is_sealed, keyed_hash, seal
from core.settings import SettingsError, database_path, sample_is_wanted, secret_key, settings

MINIMAL = '[redaction]\n[review.reasons]\nother = "Other"\n[export]\n[load]\n'


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings.toml"
    monkeypatch.setattr(config, "SETTINGS_FILE", path)
    return path


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key goes when the environment gives none."""
    path = tmp_path / "secret.key"
    monkeypatch.setattr(config, "KEY_FILE", path)
    monkeypatch.delenv("FLYWHEEL_KEY")
    return path


# ---- the settings file ----------------------------------------------------------------------


def test_the_file_that_ships_is_all_defaults(settings_file: Path) -> None:
    shipped = Path(config.ROOT / "data" / "settings.toml").read_text("utf-8")
    settings_file.write_text(shipped, "utf-8")
    given = settings()
    assert given.redaction == config.RedactionSettings()
    assert given.export == config.ExportSettings()
    assert given.load == config.LoadSettings()
    assert given.review == config.ReviewSettings(given.review.reasons)
    assert "answer_was_right" in given.review.reasons


def test_what_is_left_out_has_its_default(settings_file: Path) -> None:
    settings_file.write_text(MINIMAL + "slice_records = 7\n", "utf-8")
    assert settings().load == config.LoadSettings(slice_records=7, max_line_bytes=16_000_000)
    assert settings().review.reasons == {"other": "Other"}


@pytest.mark.parametrize(
    ("text", "at_fault"),
    [
        (MINIMAL + "slice_record = 7\n", "slice_record"),
        (MINIMAL + 'slice_records = "7"\n', "$.load.slice_records"),
        (MINIMAL + "[more]\n", "more"),
        (MINIMAL.replace("[redaction]\n", "[redaction]\noff = 'EMAIL'\n"), "$.redaction.off"),
        ("[redaction]\n[export]\n[load]\n", "review"),
        ("off = [\n", "end of document"),
    ],
)
def test_a_mistake_is_named(settings_file: Path, text: str, at_fault: str) -> None:
    settings_file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as error:
        settings()
    assert str(error.value).startswith(f"{settings_file}: ")
    assert at_fault in str(error.value)


def test_a_missing_file_is_named(settings_file: Path) -> None:
    with pytest.raises(SettingsError, match=str(settings_file)):
        settings()


# ---- the database's place -------------------------------------------------------------------


def test_the_database_is_the_one_given_or_that_of_the_environment_or_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLYWHEEL_DB", "/somewhere/env.duckdb")
    assert database_path("/given.duckdb") == Path("/given.duckdb")
    assert database_path() == Path("/somewhere/env.duckdb")
    monkeypatch.setenv("FLYWHEEL_DB", "")
    assert database_path() == config.ROOT / "data" / "flywheel.duckdb"


def test_the_sample_is_for_a_first_start_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "DEFAULT_DATABASE", tmp_path / "default.duckdb")
    assert not sample_is_wanted()  # FLYWHEEL_DB was chosen
    monkeypatch.delenv("FLYWHEEL_DB")
    assert sample_is_wanted()
    (tmp_path / "default.duckdb").touch()
    assert not sample_is_wanted()


# ---- the key --------------------------------------------------------------------------------


def test_the_key_of_the_environment_comes_first(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_KEY", "mine")
    assert secret_key() == b"mine"
    assert not key_file.exists()


def test_a_key_is_made_once_for_the_owner_only(key_file: Path) -> None:
    made = secret_key()
    assert len(made) == 64
    assert int(made, 16)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    secret_key.cache_clear()
    assert secret_key() == made
    assert list(key_file.parent.glob("secret.key*")) == [key_file]


def test_threads_that_come_first_together_get_one_key(key_file: Path) -> None:
    for _ in range(10):
        key_file.unlink(missing_ok=True)
        secret_key.cache_clear()
        barrier = threading.Barrier(8)
        got: list[object] = []

        def ask(barrier: threading.Barrier = barrier, got: list[object] = got) -> None:
            barrier.wait()
            try:
                got.append(secret_key())
            except SettingsError as error:
                got.append(error)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [key_file.read_text("ascii").encode()] * 8


def test_a_key_that_cannot_be_made_is_explained(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "KEY_FILE", key_file / "no" / "folder")
    with pytest.raises(SettingsError, match="can be neither read nor made") as error:
        secret_key()
    assert "FLYWHEEL_KEY" in str(error.value)


def test_an_empty_key_file_is_no_key(key_file: Path) -> None:
    key_file.touch()
    with pytest.raises(SettingsError):
        secret_key()


# ---- keyed hashes ---------------------------------------------------------------------------


def test_a_keyed_hash_depends_on_purpose_parts_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_KEY", "k")
    hashes = [
        keyed_hash("user", "ann"),
        keyed_hash("id", "ann"),
        keyed_hash("user", "ann", None),
        keyed_hash("user", "an", "n"),
        keyed_hash("user", ""),
        keyed_hash("user", None),
    ]
    assert keyed_hash("user", "ann") == hashes[0] == "115a6990d4579164"
    secret_key.cache_clear()
    monkeypatch.setenv("FLYWHEEL_KEY", "l")
    hashes.append(keyed_hash("user", "ann"))
    assert len(set(hashes)) == len(hashes)
    assert {len(each) for each in hashes} == {16}
    assert len(keyed_hash("user", "ann", length=32)) == 32


def test_a_seal_proves_the_whole_record_its_version_and_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = {"id": "a", "question": "Who?", "metadata": {"n": 1, "m": [1.5, None]}}
    sealed = {**record, "redaction": {"version": "1", "counts": {}, "seal": seal(record, "1")}}
    assert is_sealed(sealed, "1")
    assert is_sealed(dict(reversed(sealed.items())), "1")

    assert not is_sealed(record, "1")
    assert not is_sealed(sealed, "2")
    assert not is_sealed({**sealed, "question": "Who"}, "1")
    assert not is_sealed({**sealed, "extra": 1}, "1")
    assert not is_sealed({key: sealed[key] for key in sealed if key != "id"}, "1")
    claims: list[object] = [
        None,
        [],
        "1",
        {"version": "1"},
        {"version": "1", "seal": None},
        {"version": "1", "seal": ""},
        {"version": "1", "seal": "é"},
        {"version": 1, "seal": seal(record, "1")},
        {"version": "2", "seal": seal(record, "1")},
    ]
    assert not any(is_sealed({**record, "redaction": claim}, "1") for claim in claims)

    monkeypatch.setenv("FLYWHEEL_KEY", "another")
    secret_key.cache_clear()
    assert not is_sealed(sealed, "1")
