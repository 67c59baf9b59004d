"""What every page needs to know first: may this visitor see it, who are they, which data is meant.

Kept out of the pages so that none of them can forget it or do it differently.
"""

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.jobs import Job
from core.runtime import Runtime, runtime
from core.settings import SettingsError
from core.store import DatabaseError, log
from pages import states, texts

HERE = Path(__file__).resolve().parent
REVIEWER = "reviewer"
_SCOPE = "data"
_TURN_TO = "turn_to"
_JOBS = "jobs"


def require_access() -> None:
    """Stop here unless the visitor has signed in, where the team has set up a sign-in."""
    if not _sign_in_configured() or st.user.is_logged_in:
        return
    with states.empty("Please sign in", "Your team has set up a sign-in for these pages."):
        st.button("Sign in", on_click=st.login, type="primary")
    st.stop()


def opened() -> Runtime:
    """The open store, or a page that says why there is none."""
    try:
        return runtime()
    except (DatabaseError, SettingsError) as error:
        unset = isinstance(error, SettingsError)
        title = "The settings cannot be used" if unset else "The database cannot be opened"
        with states.problem(title, str(error)):
            st.text("Nothing is lost: when this is mended, go on here.")
            st.button("Try again", type="primary")
        st.stop()


def page(name: str) -> Path:
    """The file of a page, for a link to it."""
    return HERE / f"{name}.py"


def item_link(id_: str) -> None:
    """A link to an item in Review."""
    st.page_link(page("review"), label=texts.as_label(id_), query_params={"item": id_})


def now() -> datetime:
    """The time that a state change made on a page gets."""
    return datetime.now(UTC)


def is_loopback() -> bool:
    """Whether only people at this machine can reach the app, not even through a proxy."""
    hosts = [st.get_option("server.address"), *st.get_option("server.allowedHosts")]
    return all(host in ("127.0.0.1", "localhost", "::1", "[::1]") for host in hosts)


def reviewer_field() -> None:
    """The reviewer's name: from the sign-in, else a field that the address remembers."""
    if _sign_in_configured():
        st.session_state[REVIEWER] = str(st.user.get("name") or st.user.get("email") or "")
        st.text(st.session_state[REVIEWER])
    else:
        st.text_input(
            "Your name",
            key=REVIEWER,
            bind="query-params",
            max_chars=60,
            placeholder="Your name",
            label_visibility="collapsed",
        )


def reviewer() -> str:
    """Who is deciding; empty when nobody has said so yet."""
    return str(st.session_state.get(REVIEWER) or "").strip()


def shows_sample(store_runtime: Runtime) -> bool:
    """Whether the pages speak of the sample or of the team's own logs: never of both."""
    store = store_runtime.store
    if _has_both(store_runtime):
        chosen = st.session_state.get(_TURN_TO) or st.session_state.get(_SCOPE)
        return bool(chosen == "sample")
    return log.scope_is_sample(store) or (
        not log.has_rows(store, sample=False) and bool(_sample_jobs(store_runtime))
    )


def show(*, sample: bool) -> None:
    """Turn all pages to the sample, or to the team's own logs, from the next run on."""
    # The switch itself is drawn already: Streamlit lets nobody set it before it is drawn again.
    st.session_state[_TURN_TO] = "sample" if sample else "own"


def banner(store_runtime: Runtime) -> None:
    """Say which data is on the screen, and let the visitor change that."""
    both = _has_both(store_runtime)
    sample = shows_sample(store_runtime)
    if not both and not sample:
        return
    with st.container(
        key="scope-sample" if sample else "scope-own",
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="left",
    ):
        if both:
            st.session_state.pop(_TURN_TO, None)
            st.session_state[_SCOPE] = "sample" if sample else "own"
            st.segmented_control(
                "Data",
                ["own", "sample"],
                format_func={"own": "Your logs", "sample": "Sample"}.__getitem__,
                key=_SCOPE,
                required=True,
                label_visibility="collapsed",
                persist_state="session",
                on_change=_leave_item,
            )
        if sample:
            st.badge("Sample data", color="orange")
            st.text("Invented questions to a fictional energy supplier's agent.", width="content")
        else:
            st.text("The sample is kept apart.", width="content")
        if sample:
            st.button(
                "Clear the sample",
                key="clear-sample",
                type="tertiary",
                on_click=_clear_sample,
                args=(store_runtime,),
                help="Deletes the sample and the decisions made on it. Your own logs stay.",
            )


def progress(store_runtime: Runtime) -> None:
    """The work in the background, as long as there is any."""
    st.session_state[_JOBS] = _job_states(store_runtime)
    if store_runtime.active_jobs():
        _watch()


def watched(store_runtime: Runtime) -> None:
    """Draw the page anew if work has begun that the frame does not show yet."""
    if _job_states(store_runtime) != st.session_state.get(_JOBS):
        st.rerun()


@st.fragment(run_every=1.0)
def _watch() -> None:
    """Look every second; draw the whole page anew when a job begins to store, or ends."""
    store_runtime = runtime()
    if _job_states(store_runtime) != st.session_state.get(_JOBS):
        st.rerun()
    for job in store_runtime.active_jobs():
        _bar(job)


def _job_states(store_runtime: Runtime) -> list[tuple[str, bool]]:
    return [(job.state, job.done > 0) for job in store_runtime.jobs]


def _bar(job: Job) -> None:
    name = "the sample" if job.sample else job.name.rsplit("/", 1)[-1]
    with st.container(
        key=f"job-{id(job)}", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.progress(job.share, text=job.doing)
        st.text(" · ".join([f"{name}: {job.share:.0%}", *_pace(job)]), width="content")
        st.button("Cancel", key=f"cancel-{id(job)}", on_click=job.cancel, type="tertiary")


def _pace(job: Job) -> list[str]:
    if job.state == "waiting":
        return ["waits for the one before"]
    words = [texts.count(job.records, job.unit)] if job.records else []
    if job.rate is not None:
        words.append(f"{job.rate:,.0f} a second")
    if job.seconds_left is not None:
        minutes = round(job.seconds_left / 60)
        words.append(f"about {minutes} min left" if minutes else "less than a minute left")
    return words


def _leave_item() -> None:
    """The item in the address is of the side that is left, and would turn the switch back."""
    for name in ("item", "revision"):
        st.query_params.pop(name, None)


def _clear_sample(store_runtime: Runtime) -> None:
    store_runtime.clear_sample()
    st.session_state.pop(_SCOPE, None)


def _sample_jobs(store_runtime: Runtime) -> list[Job]:
    return [job for job in store_runtime.active_jobs() if job.sample]


def _has_both(store_runtime: Runtime) -> bool:
    store = store_runtime.store
    return log.has_rows(store, sample=True) and log.has_rows(store, sample=False)


def _sign_in_configured() -> bool:
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        # Also raised for a file with a mistake in it, which must not let everybody in.
        if any(Path(place).exists() for place in st.get_option("secrets.files")):
            states.problem(
                "The sign-in settings cannot be read",
                "There is a mistake in .streamlit/secrets.toml. Nobody is let in until it is "
                "mended; then reload this page.",
            )
            st.stop()
        return False
