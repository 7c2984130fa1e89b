/** The tables of form 1. `$` stands for the schema's name. */
export const TABLES = `
  CREATE TABLE $.store (id uuid NOT NULL DEFAULT gen_random_uuid());
  INSERT INTO $.store DEFAULT VALUES;
  CREATE TABLE $.runs (
    run_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text COLLATE "C" NOT NULL UNIQUE
  );
  CREATE TABLE $.records (
    run_no bigint NOT NULL REFERENCES $.runs,
    seq integer NOT NULL CHECK (seq >= 0),
    line text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(right(line, 45), 43)) STORED,
    PRIMARY KEY (run_no, seq)
  );
  CREATE TABLE $.blobs (digest text COLLATE "C" PRIMARY KEY, bytes bytea NOT NULL);
  ALTER TABLE $.blobs ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE $.claims (
    run_no bigint PRIMARY KEY REFERENCES $.runs,
    epoch bigint NOT NULL CHECK (epoch >= 1),
    owner text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    lease_until timestamptz NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    reopened boolean NOT NULL DEFAULT false
  ) WITH (fillfactor = 70);
  CREATE INDEX claims_open ON $.claims (run_no) WHERE NOT ended;
  CREATE INDEX claims_reopened ON $.claims (run_no) WHERE reopened;
`;

/** Tables to which rows are added and in which none is ever changed. */
export const INSERT_ONLY = ["store", "runs", "records", "blobs"];

/** Evidence is added to, never changed; an epoch rises, and never falls. They fire for replication as well. */
export const DENIALS = `
  CREATE FUNCTION $.deny_change() RETURNS trigger LANGUAGE plpgsql AS $deny$
    BEGIN
      RAISE EXCEPTION 'evidence is append-only: % on % is denied', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $deny$;
  ${INSERT_ONLY.map((table) => denyTrigger(table, "UPDATE OR DELETE OR TRUNCATE")).join("\n")}
  ${denyTrigger("claims", "DELETE OR TRUNCATE")}
  CREATE FUNCTION $.deny_fall() RETURNS trigger LANGUAGE plpgsql AS $deny$
    BEGIN
      IF NEW.epoch < OLD.epoch OR NEW.run_no <> OLD.run_no OR (OLD.reopened AND NOT NEW.reopened) THEN
        RAISE EXCEPTION 'the epoch of a claim only rises' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $deny$;
  CREATE TRIGGER deny_fall BEFORE UPDATE ON $.claims FOR EACH ROW EXECUTE FUNCTION $.deny_fall();
  ALTER TABLE $.claims ENABLE ALWAYS TRIGGER deny_fall;
`;

function denyTrigger(table: string, changes: string): string {
  return `CREATE TRIGGER deny_change BEFORE ${changes} ON $.${table} FOR EACH STATEMENT EXECUTE FUNCTION $.deny_change();
  ALTER TABLE $.${table} ENABLE ALWAYS TRIGGER deny_change;`;
}

/** What form 2 adds: whose turn a run is, and who has asked that it be stopped. */
export const HANDS = `
  ALTER TABLE $.claims
    ADD COLUMN hands text COLLATE "C" NOT NULL DEFAULT 'driver' CHECK (hands IN ('driver', 'worker')),
    ADD COLUMN needs text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN handed_at timestamptz,
    ADD COLUMN stop jsonb;
  CREATE INDEX claims_handed ON $.claims (run_no) WHERE NOT ended AND hands = 'worker';
`;
