import pg from "pg";

/** Statements as the owner of the tables would do them. */
export class SchemaOwner implements AsyncDisposable {
  readonly #schema: string;
  readonly #pool: pg.Pool;

  constructor(url: string, schema: string) {
    this.#schema = schema;
    this.#pool = new pg.Pool({ connectionString: url, max: 1 });
    this.#pool.on("error", () => undefined); // the server may be killed while nobody asks
  }

  /** `$` stands for the schema's name. */
  async ask<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    const { rows } = await this.#pool.query<Row>(text.replaceAll("$.", `${this.#schema}.`), values);
    return rows;
  }

  /** Does it with no trigger that denies a change. */
  async undenied(tables: readonly string[], text: string): Promise<void> {
    const switched = (to: string): string =>
      tables.map((table) => `ALTER TABLE $.${table} ${to} TRIGGER deny_change;`).join(" ");
    await this.ask(`BEGIN; ${switched("DISABLE")} ${text}; ${switched("ENABLE ALWAYS")} COMMIT;`);
  }

  /** Takes all evidence out of it. */
  async empty(): Promise<void> {
    const tables = ["records", "claims", "runs", "blobs"];
    const [there] = await this.ask<{ there: boolean }>("SELECT to_regclass('$.blobs') IS NOT NULL AS there");
    if (there?.there !== true) return;
    await this.undenied(tables, `TRUNCATE ${tables.map((table) => `$.${table}`).join(", ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}
