"""What an export consists of, read while somebody still holds it."""

from core.export import Prepared, zipped


def file_in(prepared: Prepared, name: str | None = None) -> bytes:
    """One of its files; the data file if none is named."""
    return prepared.files[name or prepared.format.file].read_bytes()


def archive_of(prepared: Prepared) -> bytes:
    """Its zip."""
    return zipped(prepared).read_bytes()


def files_in(prepared: Prepared) -> dict[str, bytes]:
    """All of its files."""
    return {name: path.read_bytes() for name, path in prepared.files.items()}
