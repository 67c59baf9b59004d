"""What Streamlit cannot do in the browser: keys that move the cursor, texts that are sent while one
types, a marked text in the field that reports it, a cursor that is never lost.

The script is a constant: the Content-Security-Policy allows it by its hash, and nothing logged
ever becomes part of it.
"""

import streamlit as st

SCRIPT = """
if (!window.flywheelKeys) {
  window.flywheelKeys = true;
  const PAUSE = 800;
  const find = (what) => document.querySelector(what);
  const field = () => find(".st-key-decision textarea");

  // ---- keys that move the cursor ----
  document.addEventListener("keydown", (event) => {
    const name = event.target.closest(".st-key-you input");
    // The name is said: the next key is meant for the item.
    if (name && event.key === "Enter") setTimeout(() => name.blur(), 50);
    // Else the keys that decide would go on being typed into the reviewer's name.
    if (event.key === "Enter" && event.target.closest(".st-key-reviewer")) event.target.blur();
    const typing = event.target.closest("input, textarea, [contenteditable=true]");
    if (!field() || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() !== "e") return;
    event.preventDefault();
    field().focus();
    field().setSelectionRange(field().value.length, field().value.length);
  });

  // ---- what is typed is sent after a pause ----
  // Streamlit sends a text when its field is left. So it is told that it was left, and entered
  // again; the field itself notices nothing, and cursor, selection and further keys stay in it.
  let pause = 0, composing = false;
  const send = (typed) => {
    if (composing || document.activeElement !== typed) return;
    typed.dispatchEvent(new FocusEvent("focusout", {bubbles: true}));
    typed.dispatchEvent(new FocusEvent("focusin", {bubbles: true}));
  };
  const later = (event) => {
    clearTimeout(pause);
    const typed = event.target.closest(".st-key-decision :is(textarea, .stTextInput input)");
    if (typed) pause = setTimeout(send, PAUSE, typed);
  };
  document.addEventListener("input", later);
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", (event) => { composing = false; later(event); });

  // ---- while one types, the comparison above keeps its height, so that nothing moves ----
  const hold = (height) => {
    const box = find(".st-key-changes");
    if (box) box.style.setProperty("--held", height);
  };
  document.addEventListener("focusin", (event) => {
    const box = find(".st-key-changes .diff");
    if (event.isTrusted && event.target === field() && box) hold(box.offsetHeight + "px");
  });
  document.addEventListener("focusout", (event) => {
    if (!event.isTrusted || event.target !== field()) return;
    // Not at once: the click that leaves the field must find its button where it was.
    setTimeout(() => { if (document.activeElement !== field()) hold("initial"); }, 500);
  });

  // ---- what is marked in the item is what is reported ----
  let marked = "", reporting = false;
  const reported = () => find(".st-key-report .stTextInput input");
  const selected = () => {
    const chosen = getSelection(), at = chosen.anchorNode && chosen.anchorNode.parentElement;
    const text = chosen.toString().trim();
    return at && at.closest(".stHtml") && text.length <= 200 ? text : "";
  };
  const put = (text) => {
    const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    setter.call(reported(), text);
    reported().dispatchEvent(new Event("input", {bubbles: true}));
    reported().dispatchEvent(new FocusEvent("focusout", {bubbles: true}));
  };
  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".st-key-report-open")) marked = selected();
  });
  document.addEventListener("pointerup", (event) => {
    if (reported() && !event.target.closest(".st-key-report") && selected()) put(selected());
  });
  const report = () => {
    if (!reported()) { reporting = false; return; }
    if (reporting) return;
    reporting = true;
    reported().focus();
    if (marked) put(marked);
    marked = "";
  };

  // ---- the cursor is never lost ----
  // A button that decides goes away with its item. Then the cursor goes to the head of the next
  // item, and after anything else to the button that stands in the old one's place.
  let last = null, purpose = "", shown = "", waiting = 0;
  const heading = () => find(".st-key-item-head h2");
  const lost = () => [null, document.body, find(".stMain")].includes(document.activeElement);
  document.addEventListener("focusin", (event) => {
    last = event.target;
    const place = last.closest("[class*=st-key-]");
    purpose = place ? [...place.classList].find((name) => name.startsWith("st-key-")) : "";
  });
  // Whoever presses beside everything wants the cursor nowhere: leaving a field is then the press's
  // own effect. A button that Streamlit takes away is left too, but by no press.
  let pressed = false;
  document.addEventListener("mousedown", () => {
    pressed = true;
    setTimeout(() => { pressed = false; });
  }, true);
  document.addEventListener("focusout", (event) => {
    if (event.isTrusted && pressed && !event.relatedTarget) last = null;
  });
  const twin = () => {
    if (!purpose) return null;
    const stem = purpose.split("-").slice(0, 3).join("-");
    const places = document.querySelectorAll(`.${CSS.escape(purpose)}, [class*="${stem}-"]`);
    for (const place of places) {
      const found = place.querySelector("button:enabled, input:enabled, textarea:enabled");
      if (found) return found;
    }
    return null;
  };
  const look = () => {
    waiting = 0;
    if (!find(".st-key-review-head")) { shown = ""; last = null; return; }
    if (find("[data-testid=stApp]").dataset.testScriptState !== "notRunning") return soon();
    report();
    const now = heading() ? heading().textContent : "none";
    const turned = shown && now !== shown;
    shown = now;
    if (!lost()) return;
    const gone = last && (!last.isConnected || last.disabled || !last.checkVisibility());
    if (!turned && !gone) return;
    const target = (!turned && twin()) || heading() || find(".st-key-review-head h1");
    if (target.matches("h1")) target.tabIndex = -1;
    target.focus({preventScroll: true});
  };
  const soon = () => { if (!waiting) waiting = setTimeout(look, 60); };
  new MutationObserver(soon).observe(document.body, {childList: true, subtree: true});
  soon();
}
"""


def listen() -> None:
    """Start all this, once a page."""
    st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True, width="content")
