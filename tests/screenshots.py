"""Takes the README's screenshots from the running app: `python -m tests.screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.serving import ROOT, browser_page, serve, settled

PICTURES = ROOT / "data" / "pictures"


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(1500)  # charts grow into place
    page.screenshot(path=PICTURES / f"{name}.png")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder)) as server,
        browser_page() as (page, _),
    ):
        page.set_viewport_size({"width": 1280, "height": 760})
        page.goto(f"{server.url}/logs")
        page.get_by_role("button", name="Load sample log").click()
        page.get_by_text("400 loaded").wait_for(timeout=120_000)
        page.goto(f"{server.url}/review?reviewer=Ann&item=grw-0101")
        settled(page)
        take(page, "review")
        page.goto(server.url)
        settled(page)
        take(page, "flywheel")


if __name__ == "__main__":
    main()
