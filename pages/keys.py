"""Keys that move the cursor, which Streamlit's shortcuts cannot do: E into Correction, Enter out of
the reviewer's name.

The script is a constant: the Content-Security-Policy allows it by its hash, and nothing logged
ever becomes part of it.
"""

import streamlit as st

SCRIPT = """
if (!window.flywheelKeys) {
  window.flywheelKeys = true;
  document.addEventListener("keydown", (event) => {
    const name = event.target.closest(".st-key-you input");
    // The name is said: the next key is meant for the item.
    if (name && event.key === "Enter") setTimeout(() => name.blur(), 50);
    // Else the keys that decide would go on being typed into the reviewer's name.
    if (event.key === "Enter" && event.target.closest(".st-key-reviewer")) event.target.blur();
    const field = document.querySelector('.st-key-decision textarea');
    const typing = event.target.closest("input, textarea, [contenteditable=true]");
    if (!field || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() !== "e") return;
    event.preventDefault();
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
}
"""


def listen() -> None:
    """Let E, outside of any field, put the cursor into Correction, and Enter leave the name."""
    st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True, width="content")
