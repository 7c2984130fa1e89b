/** What one reading of an outbox may take into memory, in bytes of its texts; the row with which it is reached is the last one. */
export const PAGE_BYTES = 4 * 1024 * 1024;

/** What a row may have; more could not become work, and is not read. In bytes of its texts. */
export const ROW_BYTES = 1024 * 1024;

/** How a database says things that the statement needs. */
export interface PageDialect {
  /** A place as text. */
  readonly place: (column: string) => string;
  /** A column of JSON as text. */
  readonly text: (column: string) => string;
  /** The smaller one of two numbers. */
  readonly least: string;
  /** The parameter that says how many rows there may be. */
  readonly limit: string;
}

/**
 * The statement that reads the oldest rows: as many as are asked for, and no more than fit. Of a row that is too long only its length is
 * told. They are in the order of their places, not of the texts of these.
 */
export function pageText({ place, text, least, limit }: PageDialect): string {
  const length = (column: string): string => `coalesce(octet_length(${text(column)}), 0)`;
  const bytes = ["o.change_id", "o.entity", "o.operation", "o.record", "o.old"].map(length).join(" + ");
  const fits = (column: string): string =>
    `CASE WHEN p.bytes <= ${ROW_BYTES} THEN ${text(`p.${column}`)} END AS ${column}`;
  return `SELECT ${place("p.place")} AS place, p.bytes, ${["change_id", "entity", "operation", "record", "old"].map(fits).join(", ")}
  FROM (SELECT o.*, sum(${least}(o.bytes, ${ROW_BYTES})) OVER (ORDER BY o.place) AS total
    FROM (SELECT o.*, ${bytes} AS bytes FROM verbatim_outbox AS o WHERE o.problem IS NULL ORDER BY o.place LIMIT ${limit}) AS o) AS p
  WHERE p.total - ${least}(p.bytes, ${ROW_BYTES}) < ${PAGE_BYTES} ORDER BY p.place`;
}
