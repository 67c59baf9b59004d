"""The frame around every page: title, navigation, and what all pages share.

Streamlit runs this script for every visit and every click; it picks the page by the address and
runs it. Page files are named by absolute paths, so that nothing depends on the working folder.
"""

from pathlib import Path

import streamlit as st

from pages import landmarks, session

HERE = Path(__file__).resolve().parent
ABOUT = "**Flywheel** turns feedback on an AI agent's answers into eval cases and training data."
TITLES = {"flywheel": "Flywheel", "review": "Review", "datasets": "Datasets", "logs": "Logs"}


def main(url_prefix: str = "") -> None:
    """Draw the frame and run the page of the current address.

    `url_prefix` is for `AppTest.from_file("dashboard.py")`: there Streamlit takes a page whose
    address equals its file name straight from the `pages/` folder, past this frame.
    """
    st.html(HERE / "style.css")
    pages = [
        st.Page(HERE / f"{name}.py", title=title, url_path=f"{url_prefix}{name}", default=not i)
        for i, (name, title) in enumerate(TITLES.items())
    ]
    # Links of our own in the header (see style.css): Streamlit's turn into a drawer on a phone,
    # which hides where one is and stays open after a choice.
    page = st.navigation(pages, position="hidden")
    st.set_page_config(
        page_title="Flywheel" if page == pages[0] else f"{page.title} · Flywheel",
        page_icon="🎡",
        layout="wide",
        menu_items={"About": ABOUT},  # an entry of our own brings the light/dark switch along
    )
    with st.container(key="nav", horizontal=True, gap=None):
        for entry in pages:
            st.page_link(entry, width="content")
    landmarks.mend()
    landmarks.content()
    session.require_access()
    running = session.opened()
    with st.container(key="you"):  # at the right of the header, see style.css
        session.reviewer_field()
    session.banner(running)
    session.progress(running)
    page.run()


if __name__ == "__main__":
    main()
