import { describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { LogProblem, LogReport } from "#evidence";
import { verifyBytes } from "../../../src/evidence/verify/verify-file.ts";
import { hashOf, judge, rehashed, sealedCase } from "./support/sealed-log.ts";

// Promise P3: a log of 50 records, sealed, with two signed checkpoints, tampered with in every way that is named here. Every
// cause has one problem, with its code and its place.

const { lines, sealed, checkpoints } = sealedCase(22, [17, 34]);
const LAST = lines.length - 1;
const log = Buffer.from(lines.map((line) => `${line}\n`).join(""));
const options = { sealed, checkpoints: judge };

async function problemsOf(said: readonly string[]): Promise<LogReport> {
  return await verifyLines(said, options);
}

/** The one problem that there is, by code and place. */
function only({ ok, problems, problemCount }: LogReport): string {
  if (ok || problemCount !== 1) return JSON.stringify(problems);
  const [problem] = problems as [LogProblem]; // just counted
  return `${problem.code} ${problem.seq}${problem.toSeq === undefined ? "" : `..${problem.toSeq}`}`;
}

test("the log itself is whole, sealed, and keeps the laws", async () => {
  expect(lines).toHaveLength(50);
  const report = await problemsOf(lines);
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ ok: true, complete: true, end: "sealed", records: 50, head: sealed.head });
});

/** Where each line begins, and the place after the last. */
const starts = lines.reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + Buffer.byteLength(line) + 1], [0]);

/** What a flip has to be called: the line is no record any more, or it is one with another text. */
function flipCode(flipped: Buffer, place: number): string {
  const line = flipped.subarray(starts[place] ?? 0, (starts[place + 1] ?? 0) - 1);
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(line);
    const record: unknown = JSON.parse(line.toString());
    return typeof record === "object" && /,"hash":"[\w-]{43}"\}$/.test(line.toString()) ? "EDITED" : "MALFORMED";
  } catch {
    return "MALFORMED";
  }
}

/** What a flip of a byte of a line has to be called. */
function expectedOf(flipped: Buffer, at: number, place: number): string {
  const end = (starts[place + 1] ?? 0) - 1;
  const lost = place === LAST ? "TORN_TAIL" : "MALFORMED"; // the flip of a line feed: two lines are one
  return `${at === end ? lost : flipCode(flipped, place)} ${place}`;
}

const BITS = [0, 1, 2, 3, 4, 5, 6, 7];
/** Flips that are further apart than this have a problem each. */
const STRIDE = 3;

describe("of every byte", () => {
  test("one bit that is flipped in every seventeenth byte is the one problem of the log, with its line", async () => {
    const flipped = Buffer.from(log);
    for (let at = 0; at < log.length; at += 17) {
      const place = starts.findLastIndex((start) => start <= at);
      flipped[at] = (log[at] ?? 0) ^ (1 << ((at + place) % 8));
      const expected = `byte ${at}: ${expectedOf(flipped, at, place)}`;
      const found = `byte ${at}: ${only(await verifyBytes([flipped], options))}`;
      if (found !== expected) expect(found).toBe(expected); // an assertion for each takes longer than all else
      flipped[at] = log[at] ?? 0;
    }
  });

  test.each(BITS)("bit %i that is flipped is found, with its line, in many lines at once", async (bit) => {
    const longest = Math.max(...lines.map((line) => line.length));
    let flips = 0;
    for (let column = 0; column <= longest; column += 1) {
      for (let first = 0; first < STRIDE; first += 1) {
        const flipped = Buffer.from(log);
        const places: { at: number; place: number }[] = [];
        for (let place = first; place <= LAST; place += STRIDE) {
          const at = (starts[place] ?? 0) + column;
          if (at < (starts[place + 1] ?? 0)) places.push({ at, place });
        }
        for (const { at } of places) flipped[at] = (log[at] ?? 0) ^ (1 << bit);
        const { problems } = await verifyBytes([flipped], options);
        const expected = places.map(({ at, place }) => expectedOf(flipped, at, place));
        expect(problems.map(({ code, seq }) => `${code} ${seq}`)).toEqual(expected);
        flips += places.length;
      }
    }
    expect(flips).toBe(log.length);
  });
});

describe("of all lines", () => {
  test("each that is dropped is missing at its place, and the last is cut off", async () => {
    for (let at = 0; at <= LAST; at += 1) {
      const code = at === LAST ? "TRUNCATED" : "MISSING_OR_REORDERED";
      expect(only(await problemsOf(lines.toSpliced(at, 1)))).toBe(`${code} ${at}`);
    }
  });

  test("any stretch that is dropped is one problem", async () => {
    for (let at = 0; at <= LAST; at += 1) {
      for (let count = 2; at + count <= lines.length; count += 7) {
        const code = at + count === lines.length ? "TRUNCATED" : "MISSING_OR_REORDERED";
        expect(only(await problemsOf(lines.toSpliced(at, count)))).toBe(`${code} ${at}`);
      }
    }
  });

  test("each that stands there twice is a duplicate, wherever its copy stands", async () => {
    for (let which = 0; which <= LAST; which += 1) {
      expect(only(await problemsOf(lines.toSpliced(which, 0, lines[which] ?? "")))).toBe(`DUPLICATE ${which + 1}`);
      for (let place = which + 2; place <= LAST; place += 5)
        expect(only(await problemsOf(lines.toSpliced(place, 0, lines[which] ?? "")))).toBe(`DUPLICATE ${place}`);
    }
  });

  test("each copy that stands before its line is out of order", async () => {
    for (let place = 0; place <= LAST; place += 1) {
      for (let which = place + 1; which <= LAST; which += 3) {
        const found = only(await problemsOf(lines.toSpliced(place, 0, lines[which] ?? "")));
        expect(`${place} ${which}: ${found}`).toBe(`${place} ${which}: MISSING_OR_REORDERED ${place}`);
      }
    }
  });

  test("each that is swapped with its neighbour is out of order at the first of both places", async () => {
    for (let at = 0; at < LAST; at += 1) {
      const swapped = lines.with(at, lines[at + 1] ?? "").with(at + 1, lines[at] ?? "");
      expect(only(await problemsOf(swapped))).toBe(`MISSING_OR_REORDERED ${at}`);
    }
  });

  test("any two that are swapped, and any one that is moved, are one problem at the first place", async () => {
    for (let one = 0; one < LAST; one += 1) {
      for (let other = one + 2; other <= LAST; other += 3) {
        const swapped = lines.with(one, lines[other] ?? "").with(other, lines[one] ?? "");
        const forward = lines.toSpliced(one, 1).toSpliced(other, 0, lines[one] ?? "");
        const back = lines.toSpliced(other, 1).toSpliced(one, 0, lines[other] ?? "");
        for (const [how, said] of Object.entries({ swapped, forward, back })) {
          const found = only(await problemsOf(said));
          expect(`${how} ${one} ${other}: ${found}`).toBe(`${how} ${one} ${other}: MISSING_OR_REORDERED ${one}`);
        }
      }
    }
  });
});

test.each(BITS)("a log that is cut at any byte is truncated at a line's end, else torn: part %i of 8", async (part) => {
  for (let length = part; length < log.length; length += BITS.length) {
    const whole = starts.findLastIndex((start) => start <= length);
    const expected = `${length}: ${starts[whole] === length ? "TRUNCATED" : "TORN_TAIL"} ${whole}`;
    const found = `${length}: ${only(await verifyBytes([log.subarray(0, length)], options))}`;
    if (found !== expected) expect(found).toBe(expected);
  }
});

/** A line that its forger has chained to the one before, with the place that it takes. */
function forgedAt(place: number): string {
  const [forged = ""] = rehashed(lines, (bodies) => [
    ...bodies.slice(0, place),
    JSON.stringify({ event_type: "artifact.emitted", run_id: sealed.runId, seq: place, actor: "a", attempt: 0 }),
  ]).slice(place);
  return forged;
}

describe("a line that was forged", () => {
  test("and is chained to the one before is named by the next line, and after the end by the seal", async () => {
    for (let place = 1; place <= LAST + 1; place += 1) {
      const expected = place > LAST ? `APPENDED_AFTER_SEAL ${place}` : `DUPLICATE ${place + 1}`;
      expect(only(await problemsOf(lines.toSpliced(place, 0, forgedAt(place))))).toBe(expected);
    }
  });

  test("and has the rest of the log chained to it is named beside the line in whose place it stands", async () => {
    for (let place = 1; place < LAST; place += 1) {
      const forged = rehashed(lines, (bodies) =>
        bodies.with(place, (bodies[place] ?? "").replace('"actor":"', '"actor":"not ')),
      );
      const both = forged.toSpliced(place, 0, lines[place] ?? "");
      const [first] = (await verifyLines(both, { laws: false })).problems;
      expect(first).toMatchObject({ code: "DUPLICATE", seq: place + 1 });
    }
  });

  test("and is chained to nothing is named at its place", async () => {
    for (let place = 0; place <= LAST; place += 1) {
      const forged = `${forgedAt(place).slice(0, -45)}${"A".repeat(43)}"}`;
      expect(only(await problemsOf(lines.toSpliced(place, 0, forged)))).toBe(`DUPLICATE ${place}`);
      const replaced = only(await problemsOf(lines.with(place, forged)));
      expect(replaced).toBe(place === LAST ? `EDITED ${place}` : `BROKEN_LINK ${place}`);
    }
  });

  test("in another run, and put in or put in place of a line, is foreign", async () => {
    const other = sealedCase(22, [17, 34]).lines.map((line) => line.replaceAll(`"${sealed.runId}"`, '"q"'));
    for (let place = 0; place <= LAST; place += 1) {
      expect(only(await problemsOf(lines.toSpliced(place, 0, other[place] ?? "")))).toBe(`FOREIGN ${place}`);
    }
    expect(only(await problemsOf(other))).toBe("FOREIGN 0");
  });
});

/** The interval between what is vouched for in which a place lies. */
function intervalOf(place: number): string {
  const [first = 0, second = 0] = checkpoints;
  if (place < first) return `0..${first - 1}`;
  return place < second ? `${first}..${second - 1}` : `${second}..${LAST}`;
}

describe("a log that was written anew from some line on, with every hash computed again", () => {
  test("is named with the interval between the checkpoints, or checkpoint and seal, in which it was changed", async () => {
    for (let place = 0; place <= LAST; place += 1) {
      if (checkpoints.includes(place)) continue;
      const anew = rehashed(lines, (bodies) =>
        bodies.with(place, (bodies[place] ?? "").replace('"actor":"a"', '"actor":"b"')),
      );
      expect(`${place}: ${only(await problemsOf(anew))}`).toBe(`${place}: REWRITTEN ${intervalOf(place)}`);
    }
  });

  test("is named by its seal alone where no key for checkpoints is given", async () => {
    const anew = rehashed(lines, (bodies) => bodies.map((body) => body.replace("log.checkpoint", "artifact.emitted")));
    expect(only(await verifyLines(anew, { sealed }))).toBe(`REWRITTEN 0..${LAST}`);
    const shorter = rehashed(lines, (bodies) =>
      bodies.with(LAST, (bodies[LAST] ?? "").replace('"actor":"a"', '"actor":"b"')),
    );
    expect(only(await verifyLines(shorter, { sealed }))).toBe(`REWRITTEN 0..${LAST}`);
  });

  test("is named by a client's receipt where there is neither seal nor checkpoint", async () => {
    const expected = new Map([7, 23, 41].map((seq) => [seq, hashOf(lines[seq])]));
    expect(await verifyLines(lines, { expected })).toMatchObject({ ok: true, end: "unproven", receipts: 3 });
    for (const [place, interval] of [
      [5, "0..7"],
      [7, "0..7"],
      [8, "8..23"],
      [41, "24..41"],
    ] as const) {
      const anew = rehashed(lines, (bodies) =>
        bodies.map((body, at) => {
          if (at > place && body.includes("log.checkpoint")) return body.replaceAll(/"data":.*\}\}/g, '"data":{}}');
          return at === place ? body.replace('"actor":"a"', '"actor":"b"') : body;
        }),
      );
      expect(only(await verifyLines(anew, { expected }))).toBe(`REWRITTEN ${interval}`);
    }
  });
});
