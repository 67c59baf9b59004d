"""The dataset card that goes with every export: what is in it, for whoever opens it later."""

from typing import Any

from core.curate import EXCLUSIONS
from core.export.formats.base import Format


def card(format_: Format, manifest: dict[str, Any]) -> str:
    """The README.md of an export folder, from its manifest alone, so that it repeats exactly."""
    kinds = "".join(f"| {kind} | {count} |\n" for kind, count in manifest["counts"].items())
    excluded = "".join(
        f"| {reason} | {count} | {EXCLUSIONS[reason]} |\n"
        for reason, count in manifest["excluded"].items()
    )
    origin = (
        "**Made from the sample log that ships with Flywheel. Not for training.**\n\n"
        if manifest["filters"]["sample"]
        else ""
    )
    versions = ", ".join(manifest["redaction_versions"]) or "-"
    return f"""{format_.header}# {format_.title}

{origin}{format_.about}

| kind | rows |
|---|---|
{kinds}| all | {manifest["rows"]} |

Use it:

```
{format_.use}
```

## Left out

| reason | interactions | meaning |
|---|---|---|
{excluded}
## Personal data

Every text went through redaction (version {versions}) before it was stored, and through a scan
before this file was written. Placeholders such as `[EMAIL-1]` stand for what was removed; the same
value has the same number within one row. No detector finds everything: see the limits in
Flywheel's README.

Export `{manifest["export_id"]}`; `manifest.json` lists the items with their revision.
"""
