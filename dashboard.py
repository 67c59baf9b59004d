"""Start Flywheel: `streamlit run dashboard.py`, or `python dashboard.py`.

This file only launches. The screen lives in `pages/`, the rules in `core/`. An `st.App` is used
instead of a plain script for three reasons: it opens the store once per process (a DuckDB file
has one owner), it puts `pages/guard.py` in front of every route, and its script is
`pages/frame.py`, which has no `pages/` folder beside it. Streamlit turns a `pages/` folder beside
the script into pages of its own, and a cold visit to one of those would skip the frame and its
access check.
"""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # whatever the working folder
    sys.path.insert(0, str(ROOT))

from core.api import ROUTES  # noqa: E402 (found through ROOT)
from pages import guard  # noqa: E402


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Once per process: what happens before the first visitor, and at shutdown."""
    guard.keep_uploads_in_memory()
    guard.keep_messages_out_of_logs()

    # What pages import, imported now rather than by the first visitor's click.
    from core import api, export, metrics, review  # noqa: F401
    from core import runtime as store_runtime
    from core.settings import SettingsError, database_path
    from core.store import DatabaseError
    from pages import charts, decision_view, item_view, one_interaction, report_view  # noqa: F401

    try:
        store_runtime.runtime()
        api.token(database_path())  # there from the start, for whoever looks for it
    except (DatabaseError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")  # every page says it too, and tries again

    # Streamlit collects garbage after every run of the script. Leaving out what lives as long as
    # the process (mostly imported modules) cuts the CPU time per click to about a third.
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        store_runtime.close()
        gc.unfreeze()  # or the libraries' C parts complain of leaks when the process ends


app = st.App(
    ROOT / "pages" / "frame.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=guard.MIDDLEWARE,
    on_script_error=guard.show_error,
)

if runtime.exists():
    # Streamlit's AppTest runs this file as if it were a page, where `app` alone draws nothing.
    from pages.frame import main

    main(url_prefix="page-")
elif __name__ == "__main__":
    # By way of `streamlit run`, so that its flags and environment variables count here too.
    from streamlit.web.cli import main_run

    main_run([__file__, *sys.argv[1:]])
