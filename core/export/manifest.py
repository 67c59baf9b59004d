"""What says what an export is: its manifest, its id, its card."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from core.export.card import card
from core.export.formats import Format


def id_of(manifest: dict[str, Any]) -> str:
    """The id of the export with this manifest: the hash of all that is certain in it.

    The bytes of a file that a library derives from the rows are not: its next version writes
    others.
    """
    body = {key: value for key, value in manifest.items() if key != "export_id"}
    body["files"] = certain(manifest)
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


def certain(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What a manifest says of the files, without the hashes of those that are derived."""
    return [
        {key: value for key, value in file.items() if key != "sha256" or not file.get("derived")}
        for file in manifest["files"]
    ]


def pretty(manifest: dict[str, Any]) -> str:
    """A manifest as its file has it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n"


def describe(
    folder: Path, format_: Format, manifest: dict[str, Any], text: str | None = None
) -> dict[str, Path]:
    """Write manifest.json and README.md into the folder of an export.

    text: the manifest as it was written the first time.
    """
    texts = {"manifest.json": text or pretty(manifest), "README.md": card(format_, manifest)}
    for name, content in texts.items():
        (folder / name).write_bytes(content.encode())
    return {name: folder / name for name in texts}
