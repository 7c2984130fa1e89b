import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string, tests: string) =>
  (name: string, change: Change): Mutant =>
    mutant(name, "P7", { file: `src/${file}.ts`, change, tests });

const WEBHOOKS = "api/grpc/webhooks/webhook";
const signature = at(`${WEBHOOKS}-signature`, "e2e/webhooks");
const headers = at(`${WEBHOOKS}-headers`, "e2e/webhooks");
const body = at(`${WEBHOOKS}-body`, "e2e/webhooks");
const change = at(`${WEBHOOKS}-change`, "e2e/webhooks");
const door = at(`${WEBHOOKS}-door`, "e2e/webhooks");
const configured = at("main/webhooks", "main/webhooks");
const configuration = at("main/webhook-configuration", "main/webhooks");
const page = (name: string, file: string, changed: Change): Mutant => at(file, "e2e/metrics")(name, changed);

/** Mistakes in what the side port takes in and shows. */
export const SIDE_PORT_MUTANTS: readonly Mutant[] = [
  signature("a-webhook-is-taken-whoever-signed-it", ["return timingSafeEqual(", "return true || timingSafeEqual("]),
  signature("the-case-of-a-signature-does-not-matter", [
    "sha256(claims.signature)",
    "sha256(claims.signature.toLowerCase())",
  ]),
  signature("what-is-signed-beside-the-body-does-not-matter", ['.replace("{timestamp}", claims.timestamp)', ""]),
  headers("a-signature-that-came-twice-counts-once", [
    "values.length === 1 ? values[0]",
    "values.length >= 1 ? values[0]",
  ]),
  headers("an-old-delivery-is-taken", ["<= timestamp.toleranceSeconds ? text", "< Infinity ? text"]),
  headers("pages-may-send-webhooks", ['name === "origin" || ', ""]),
  headers("a-compressed-body-is-taken", ["encodings.length > 0 || ", ""]),
  headers("a-form-is-taken-for-json", ['return "content_type";', "return undefined;"]),
  body("the-bound-of-a-body-is-none", ["if (bytes > maxBytes) finish", "if (bytes > Infinity) finish"]),
  body("a-slow-body-is-waited-for", ["clock.after(bodyMs,", "clock.after(bodyMs * 1000,"]),
  body("an-announced-size-is-not-looked-at", [" ?? 0) > maxBytes) finish", " ?? 0) > Infinity) finish"]),
  change("each-delivery-is-a-change-of-its-own", [
    '${oncePer === "body" ? digest : deliveryId}',
    "${digest}${Date.now()}",
  ]),
  change("a-word-that-stands-nowhere-is-a-create", [
    "? operation.is.get(said) : undefined",
    '? (operation.is.get(said) ?? "create") : undefined',
  ]),
  door("who-holds-bodies-open-keeps-others-away", ["oldest?.giveUp();", "await oldest?.came;"]),
  door("a-refusal-says-why", [
    'message: "The delivery is refused." };',
    "get message() { return String(Math.random()); } };",
  ]),
  configured("a-short-secret-is-a-secret", ["bytes.length < SECRET_BYTES_AT_LEAST ||", "bytes.length < 1 ||"]),
  configured("an-absent-secret-is-an-empty-one", [
    "    violations.push({ field, description: `cannot be read: ${read.problem}` });\n",
    "",
  ]),
  configured("endpoints-may-share-a-secret", ["other.secret.equals(secret)", "false"]),
  configuration("a-time-need-not-be-signed", [
    "if (signed === undefined || names === (timestamp !== undefined)) return;",
    "if (signed === undefined || !names || timestamp !== undefined) return;",
  ]),
  page("pages-for-development-are-there-without-the-word", "api/grpc/server", [
    "...(development === true ?",
    "...(development !== undefined ?",
  ]),
  page("metrics-count-work-by-themselves", "main/metrics/work-metrics", ["+ one[column]", "+ 1"]),
  page("a-call-that-was-refused-is-not-counted", "api/grpc/gate", [
    "    sendStatus: (answer: Answer, next: (answer: Answer) => void): void => {\n      end(codeName(answer.code));",
    '    sendStatus: (answer: Answer, next: (answer: Answer) => void): void => {\n      end("OK");',
  ]),
  page("a-failed-attempt-does-not-say-how-many-there-may-be", "orchestration/work/perform-hook-work", [
    ", maxAttempts: retry.maxAttempts",
    "",
  ]),
  page("a-violation-does-not-say-what-is-allowed", "orchestration/work/perform-hook-work", [
    "allowed: [...capabilities]",
    "allowed: []",
  ]),
];
