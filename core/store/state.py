"""What an interaction's state is, derived from its events up to a cut-off.

A constant with a place for a query behind it, because every read wants the same meaning of "up",
"pending" or "correction": the last vote of each rater counts, raters who disagree are a conflict,
a correction counts until its rater votes up, and the decision of the highest revision holds.

Parameters of every query built on it: `cut` (the sequence number of the last event that counts)
and `sample` (whether the sample's rows are meant, or the team's own: never both).
"""

NO_CUT = 2**62
_SCOPE = "is_sample = $sample"
_BLANKS = r"E' \n\r\t'"

STATE = f"""
WITH item AS (
    SELECT * FROM interactions WHERE seq <= $cut AND {_SCOPE}
), event AS (
    SELECT f.seq, f.interaction_id, f.signal, f.correction, i.answer,
           coalesce(f.rater_ref, '') AS rater,
           coalesce(f.given_at, i.logged_at, f.stored_at) AS effective_at
    FROM feedback f JOIN item i ON i.id = f.interaction_id AND i.is_sample = f.is_sample
    WHERE f.seq <= $cut
), vote AS (
    SELECT DISTINCT ON (interaction_id, rater) interaction_id, signal
    FROM event WHERE signal IN ('up', 'down')
    ORDER BY interaction_id, rater, effective_at DESC, seq DESC
), last_up AS (
    SELECT DISTINCT ON (interaction_id, rater) interaction_id, rater, effective_at, seq
    FROM event WHERE signal = 'up'
    ORDER BY interaction_id, rater, effective_at DESC, seq DESC
), fix AS (
    SELECT e.interaction_id, e.signal, e.correction, e.effective_at, e.seq
    FROM event e
    LEFT JOIN last_up u ON u.interaction_id = e.interaction_id AND u.rater = e.rater
    WHERE e.signal IN ('down', 'edit')
      AND trim(e.correction, {_BLANKS}) <> trim(e.answer, {_BLANKS})
      AND (e.signal = 'edit' OR u.seq IS NULL OR (e.effective_at, e.seq) > (u.effective_at, u.seq))
), best_fix AS (
    -- What a user said was wrong and put right comes before what a user merely changed.
    SELECT DISTINCT ON (interaction_id) interaction_id, signal, correction FROM fix
    ORDER BY interaction_id, signal, effective_at DESC, seq DESC
), votes AS (
    SELECT interaction_id, count(*) FILTER (signal = 'up') AS ups,
           count(*) FILTER (signal = 'down') AS downs
    FROM vote GROUP BY interaction_id
), implicit AS (
    SELECT interaction_id, count(*) FILTER (signal = 'retry') AS retries,
           count(*) FILTER (signal = 'resolved') AS resolutions
    FROM event GROUP BY interaction_id
), edits AS (
    SELECT interaction_id, count(*) AS edits FROM fix WHERE signal = 'edit' GROUP BY interaction_id
), decision AS (
    SELECT DISTINCT ON (interaction_id) interaction_id, revision, action, final_answer, reason,
           note, reviewer, decided_at
    FROM decisions WHERE seq <= $cut AND interaction_id IN (SELECT id FROM item)
    ORDER BY interaction_id, revision DESC
), state AS (
    SELECT i.*, b.correction,
           coalesce(v.ups, 0) AS ups, coalesce(v.downs, 0) AS downs, coalesce(e.edits, 0) AS edits,
           coalesce(m.retries, 0) AS retries, coalesce(m.resolutions, 0) AS resolutions,
           coalesce(v.ups, 0) > 0 AND coalesce(v.downs, 0) > 0 AS conflict,
           coalesce(v.downs, 0) > 0 OR coalesce(e.edits, 0) > 0 AS reviewable,
           CASE WHEN v.downs > 0 THEN 'down' WHEN e.edits > 0 THEN 'edit' WHEN v.ups > 0 THEN 'up'
                WHEN m.retries > 0 THEN 'retry'
                WHEN m.resolutions > 0 THEN 'resolved' END AS signal,
           coalesce(d.revision, 0) AS revision, d.final_answer, d.reason, d.note, d.reviewer,
           d.decided_at,
           CASE d.action WHEN 'approve' THEN 'approved' WHEN 'edit' THEN 'edited'
                WHEN 'reject' THEN 'rejected' ELSE 'pending' END AS status,
           coalesce(v.downs, 0) + coalesce(e.edits, 0) + coalesce(m.retries, 0)
               - coalesce(m.resolutions, 0) AS weight
    FROM item i
    LEFT JOIN votes v ON v.interaction_id = i.id
    LEFT JOIN implicit m ON m.interaction_id = i.id
    LEFT JOIN edits e ON e.interaction_id = i.id
    LEFT JOIN best_fix b ON b.interaction_id = i.id
    LEFT JOIN decision d ON d.interaction_id = i.id
)
"""

# The same of one interaction only, with the parameter `id` in the place of `sample`: what is on a
# reviewer's screen is asked for at every click.
STATE_OF_ONE = STATE.replace(_SCOPE, "id = $id")

# The same of those stored as events `first` to `last`: whoever reads every text reads it by parts.
STATE_OF_SOME = STATE.replace(_SCOPE, f"{_SCOPE} AND seq BETWEEN $first AND $last")
