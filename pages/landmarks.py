"""What a screen reader needs to know and Streamlit's elements do not say.

A script fills it in wherever such an element appears: that our links are the navigation and which
of them is the current page, that the upload area is a group (it has a name and is called
presentational), what a text that scrolls is about, where "Skip to main content" leads, and that a
link may be a button. It is a constant that the Content-Security-Policy allows by its hash, and
nothing logged ever becomes part of it.
"""

import streamlit as st

SCRIPT = """
if (!window.flywheelLandmarks) {
  window.flywheelLandmarks = true;
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const mend = () => {
    for (const nav of document.querySelectorAll(".st-key-nav")) {
      set(nav, "role", "navigation");
      set(nav, "aria-label", "Pages");
      const here = location.pathname.split("/").pop();
      for (const link of nav.querySelectorAll("a")) {
        // Streamlit writes nothing for the first page, which would mean the page one is on.
        if (link.getAttribute("href") === "") set(link, "href", ".");
        const to = link.getAttribute("href").split("?")[0].replace(/^[.]$/, "");
        if (to === here) set(link, "aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    }
    for (const area of document.querySelectorAll("[data-testid=stFileUploaderDropzone]")) {
      set(area, "role", "group");
    }
    const headings = [...document.querySelectorAll("h1, h2, h3")];
    document.querySelectorAll(".stCode[tabindex]").forEach((code, place) => {
      const above = headings.filter((heading) => heading.compareDocumentPosition(code) & 4).pop();
      set(code, "role", "region");
      set(code, "aria-label", `${above ? above.textContent : "Text"}, text ${place + 1}`);
    });
  };
  // Streamlit's own link to skip leads to the top, where our links to the pages come first.
  document.addEventListener("click", (event) => {
    const content = document.getElementById("content");
    if (!content || !event.target.closest("[data-testid=stSkipToContent]")) return;
    event.preventDefault();
    event.stopPropagation();
    content.focus();
  }, true);
  // A link that is said to be a button is pressed like one.
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches("a[role=button]")) return;
    event.preventDefault();
    event.target.click();
  });
  let wanted = 0;
  const later = () => { wanted ||= requestAnimationFrame(() => { wanted = 0; mend(); }); };
  new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  later();
}
"""
CONTENT = '<div id="content" tabindex="-1"></div>'


def content() -> None:
    """Where the page itself begins, for those who skip the frame by the Tab key."""
    st.html(CONTENT)


def mend() -> None:
    """Say what Streamlit's elements leave out, now and whenever they change."""
    st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True, width="content")
