/**
 * The one way in which records come into the tables, a statement and a transaction of its own. `$` stands for the schema's name.
 *
 * It takes the lines of many runs and says of each run what became of it, in the order in which they were given:
 * `written` (now, or by an earlier try of the same), `place` (the log does not end where they begin), `fenced` (somebody else has
 * claimed the run), `stale` (the same session has claimed it anew), `lapsed` (the lease is over, and nobody has claimed it since).
 * The lock on a claim's row is the one that a claim needs, and it is held until the commit: what is true of epoch and
 * lease here is true when the records are durable. Each statement in here sees what was committed when the lock was given.
 *
 * Its statements are planned once for a connection, and always by index: planning them anew for each call took longer than all that
 * they do, and a plan for a table that was small when it was made would read all of it when it has grown.
 */
export const APPEND_FUNCTION = `
  CREATE OR REPLACE FUNCTION $.append(
    p_owner text, p_session text, p_lease_ms double precision,
    p_run_ids text[], p_firsts int[], p_lasts int[], p_epochs bigint[], p_ends boolean[], p_hashes text[],
    p_lines text, p_line_places int[], p_line_seqs int[]
  ) RETURNS TABLE (verdict text, epoch bigint) LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
  AS $append$
  #variable_conflict use_column
  DECLARE
    v_runs bigint[];
    v_verdicts text[];
    v_epochs bigint[];
    v_marked boolean;
    v_fitting bigint;
    v_inserted bigint;
  BEGIN
    IF current_setting('fsync') <> 'on' OR current_setting('full_page_writes') <> 'on' THEN
      RAISE EXCEPTION 'the server does not sync what it commits (fsync and full_page_writes have to be on)' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION 'records are appended in read committed transactions' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF 0 = ANY (p_firsts) THEN
      WITH created AS (
        INSERT INTO $.runs (run_id)
          SELECT a.run_id FROM unnest(p_run_ids, p_firsts) WITH ORDINALITY AS a(run_id, first, place)
          WHERE a.first = 0 ORDER BY a.place
          ON CONFLICT (run_id) DO NOTHING RETURNING run_no)
      INSERT INTO $.claims (run_no, epoch, owner, session, lease_until)
        SELECT run_no, 1, p_owner, p_session, clock_timestamp() + p_lease_ms * interval '1 millisecond' FROM created;
    END IF;

    PERFORM 1 FROM $.claims AS c
      WHERE c.run_no = ANY (ARRAY(SELECT r.run_no FROM $.runs AS r WHERE r.run_id = ANY (p_run_ids)))
      ORDER BY c.run_no FOR NO KEY UPDATE;

    SELECT array_agg(j.run_no ORDER BY j.place), array_agg(j.verdict ORDER BY j.place), array_agg(j.epoch ORDER BY j.place),
        sum(j.lines) FILTER (WHERE j.verdict = 'fit'), bool_or(j.verdict = 'fit' AND j.marked)
      INTO v_runs, v_verdicts, v_epochs, v_fitting, v_marked
      FROM (
        SELECT a.place, c.run_no, a.last - a.first + 1 AS lines, (c.ended OR a.ends) AS marked,
          CASE WHEN c.session = p_session THEN c.epoch END AS epoch, CASE
            WHEN c.run_no IS NULL THEN 'place'
            WHEN s.size > a.last AND EXISTS (SELECT 1 FROM $.records AS w WHERE w.run_no = c.run_no AND w.seq = a.last AND w.hash = a.hash) THEN 'written'
            WHEN a.first = 0 AND s.size > 0 THEN 'place'
            WHEN c.epoch <> a.epoch THEN CASE WHEN c.session = p_session THEN 'stale' ELSE 'fenced' END
            WHEN c.lease_until <= clock_timestamp() THEN 'lapsed'
            WHEN s.size <> a.first THEN 'place'
            ELSE 'fit' END AS verdict
          FROM unnest(p_run_ids, p_firsts, p_lasts, p_epochs, p_ends, p_hashes) WITH ORDINALITY AS a(run_id, first, last, epoch, ends, hash, place)
          LEFT JOIN $.runs AS r ON r.run_id = a.run_id
          LEFT JOIN $.claims AS c ON c.run_no = r.run_no
          LEFT JOIN LATERAL (SELECT coalesce(max(l.seq), -1) + 1 AS size FROM $.records AS l WHERE l.run_no = r.run_no) AS s ON true
      ) AS j;

    IF v_fitting > 0 THEN
      INSERT INTO $.records (run_no, seq, line)
        SELECT v_runs[l.place], l.seq, l.line
        FROM unnest(string_to_array(p_lines, E'\\n'), p_line_places, p_line_seqs) AS l(line, place, seq)
        WHERE v_verdicts[l.place] = 'fit';
      GET DIAGNOSTICS v_inserted = ROW_COUNT;
      IF v_inserted <> v_fitting THEN
        RAISE EXCEPTION 'the lines do not fill their places';
      END IF;
    END IF;
    IF v_marked THEN
      UPDATE $.claims AS c SET ended = coalesce(a.ends, c.ended), reopened = c.reopened OR c.ended
        FROM unnest(v_runs, v_verdicts, p_ends) AS a(run_no, verdict, ends)
        WHERE c.run_no = a.run_no AND a.verdict = 'fit' AND (c.ended OR a.ends);
    END IF;
    RETURN QUERY SELECT CASE t.verdict WHEN 'fit' THEN 'written' ELSE t.verdict END, t.epoch
      FROM unnest(v_verdicts, v_epochs) WITH ORDINALITY AS t(verdict, epoch, place) ORDER BY t.place;
  END $append$;
`;
