import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEmailSend, createSecretVault } from "#effects";
import type { SmtpOptions, StepType } from "#effects";
import { makeAuthority } from "../../support/authority.ts";
import type { Authority } from "../../support/authority.ts";
import { performStep } from "../support/perform-step.ts";
import { answerWith, serveSilence, serveSmtp } from "../support/smtp-servers.ts";
import { until } from "../support/until.ts";

let directory: string;
let authority: Authority;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-email-"));
  authority = makeAuthority(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const MAIL = { to: "grace@example.com", subject: "The run is done", text: "All steps.\n.\nÜber alles gut.\n" };

function emailTo(port: number, smtp: Partial<SmtpOptions> = {}, password = "correct-horse"): StepType {
  const secrets = createSecretVault({ sources: { mail: { environment: "MAIL" } }, environment: { MAIL: password } });
  return createEmailSend({
    secrets,
    smtp: {
      host: "127.0.0.1",
      port,
      security: "starttls",
      user: "ada",
      passwordSecret: "mail",
      caFile: authority.caFile,
      from: "verbatim@example.com",
      recipients: ["@Example.COM", "one@other.example"],
      ...smtp,
    },
  });
}
/** A server without a login. */
const OPEN = { user: undefined, passwordSecret: undefined } as unknown as Partial<SmtpOptions>; // taken away, not set

const failed = (errorClass: string, error: RegExp): object => ({
  success: false,
  errorClass,
  error: expect.stringMatching(error) as unknown,
});

describe("a mail", () => {
  it("is handed over after STARTTLS and a login, with its fields and a Message-ID of its step", async () => {
    await using server = await serveSmtp(authority);
    const parameters = { ...MAIL, to: ["grace@example.com", "one@other.example"], cc: "Alan@example.com" };
    const said = await performStep(emailTo(server.port), parameters, { key: "job-7/2" });
    expect(said).toMatchObject({
      success: true,
      output: { accepted: parameters.to.concat("Alan@example.com"), rejected: [] },
    });
    const [mail] = server.seen;
    expect(mail).toMatchObject({ from: "verbatim@example.com", secure: true, user: "ada" });
    expect(mail?.to).toEqual(["grace@example.com", "one@other.example", "Alan@example.com"]);
    expect(mail?.text).toMatch(/^To: grace@example.com, one@other.example\r$/m);
    expect(mail?.text).toMatch(/^Cc: Alan@example.com\r$/im);
    expect(mail?.text).toMatch(/^Subject: The run is done\r$/m);
    const again = await performStep(emailTo(server.port), parameters, { key: "job-7/2" });
    const other = await performStep(emailTo(server.port), parameters, { key: "job-7/3" });
    expect(again.output).toMatchObject({ message_id: (said.output as { message_id: string }).message_id });
    expect(other.output).not.toMatchObject({ message_id: (said.output as { message_id: string }).message_id });
    expect(mail?.text).toContain((said.output as { message_id: string }).message_id); // as documented
  });

  it("goes over TLS from the first byte where that is configured", async () => {
    await using server = await serveSmtp(authority, { secure: true });
    expect(await performStep(emailTo(server.port, { security: "tls" }), MAIL)).toMatchObject({ success: true });
    expect(server.seen).toMatchObject([{ secure: true }]);
  });

  it("goes in the clear only where that is configured, and then without a login", async () => {
    await using server = await serveSmtp(authority, { authOptional: true });
    expect(await performStep(emailTo(server.port, { ...OPEN, security: "none" }), MAIL)).toMatchObject({
      success: true,
    });
    expect(server.seen).toMatchObject([{ secure: false, user: undefined }]);
    expect(() => emailTo(server.port, { security: "none" })).toThrow(/security: is none, and a password/);
  });

  it("is not sent, nor is the password, to a server without STARTTLS", async () => {
    await using server = await serveSmtp(authority, {
      hideSTARTTLS: true,
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
    });
    expect(await performStep(emailTo(server.port), MAIL)).toMatchObject(failed("permanent", /does not take STARTTLS/));
    expect(server.seen).toEqual([]);
    expect(server.logins).toEqual([]);
  });

  it.each(["starttls", "tls"] as const)(
    "is not sent to a server whose certificate does not hold (%s)",
    async (security) => {
      await using server = await serveSmtp(authority, { secure: security === "tls" });
      const { caFile, ...others } = { caFile: undefined } as unknown as { caFile: string }; // the system's authorities
      const stranger = emailTo(server.port, { security, ...others, ...({ caFile } as Partial<SmtpOptions>) });
      expect(await performStep(stranger, MAIL)).toMatchObject(failed("permanent", /certificate/));
      expect(server.logins).toEqual([]);
      const missing = emailTo(server.port, { security, caFile: join(directory, "missing.pem") });
      expect(await performStep(missing, MAIL)).toMatchObject(failed("permanent", /ca_file .* cannot be read/));
    },
  );

  it("fails for good on a login that is refused, and does not tell the password", async () => {
    await using server = await serveSmtp(authority);
    const said = await performStep(emailTo(server.port, {}, "another-password"), MAIL);
    expect(said).toMatchObject(failed("permanent", /535/));
    expect(JSON.stringify(said)).not.toContain("another-password");
  });

  it.each([
    [550, "permanent"],
    [450, "transient_io"],
  ])("that is refused with %i is %s, for the recipient and for the content", async (code, errorClass) => {
    const refuse = answerWith(code, "not now");
    await using strict = await serveSmtp(authority, { onRcptTo: (_address, _session, done) => done(refuse) });
    expect(await performStep(emailTo(strict.port), MAIL)).toMatchObject(failed(errorClass, new RegExp(String(code))));
    await using full = await serveSmtp(authority, {
      onData(stream, _session, done) {
        stream.resume();
        stream.on("end", () => done(refuse));
      },
    });
    expect(await performStep(emailTo(full.port), MAIL)).toMatchObject(failed(errorClass, new RegExp(String(code))));
  });

  it("that some recipients did not get is a failure that names them", async () => {
    await using server = await serveSmtp(authority, {
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith("one@") ? done(answerWith(550, "unknown")) : done(),
    });
    const said = await performStep(emailTo(server.port), { ...MAIL, to: ["grace@example.com", "one@other.example"] });
    expect(said).toMatchObject(
      failed("permanent", /took the mail for grace@example.com and refused one@other.example/),
    );
  });

  it("calls trouble with the connection transient", async () => {
    const gone = await serveSilence();
    await gone[Symbol.asyncDispose]();
    expect(await performStep(emailTo(gone.port), MAIL)).toMatchObject(
      failed("transient_io", /ECONNECTION|ESOCKET|ECONNREFUSED/),
    );
  });

  it.each(["", "220 welcome\r\n"])("leaves a server that hangs after %j when it is told to stop", async (greeting) => {
    await using hanging = await serveSilence(greeting);
    const stop = new AbortController();
    const running = performStep(emailTo(hanging.port), MAIL, { signal: stop.signal });
    await until("it has connected", () => hanging.connections.size === 1);
    stop.abort();
    expect(await running).toMatchObject({ success: false, error: "stopped before its end" });
    await until("the connection is closed", () => hanging.connections.size === 0);
  });

  it.each([
    ["to", "grace@example.com\r\nBcc: eve@evil.example"],
    ["to", "grace@example.com, eve@evil.example"],
    ["to", "Grace <grace@example.com>"],
    ["to", ["grace@example.com", "eve@evil.example\n"]],
    ["cc", "grace@example.com\nX: y"],
    ["subject", "Hello\r\nBcc: eve@evil.example"],
    ["subject", "Hello\u2028there"],
    ["subject", "Hello\rthere"],
  ])("with %s %j is refused before anything is sent", async (field, value) => {
    await using server = await serveSmtp(authority);
    const type = emailTo(server.port);
    expect(type.checkParameters({ ...MAIL, [field]: value })).toMatchObject([
      { field: expect.stringMatching(`^${field}`) as unknown },
    ]);
    expect(await performStep(type, { ...MAIL, [field]: value })).toMatchObject({ errorClass: "validation_failed" });
    expect(server.seen).toEqual([]);
  });

  it("goes to nobody who is not on the list, whatever is like it", async () => {
    await using server = await serveSmtp(authority);
    const type = emailTo(server.port);
    for (const to of [
      "eve@evil.example",
      "two@other.example",
      "a@sub.example.com",
      "a@example.com.evil.example",
      "a@badexample.com",
    ]) {
      expect(type.checkParameters({ ...MAIL, to })).toMatchObject([{ field: "to" }]);
      expect(type.checkParameters({ ...MAIL, cc: [to] })).toMatchObject([{ field: "cc" }]);
      expect(await performStep(type, { ...MAIL, to })).toMatchObject(
        failed("sandbox_violation", /not among the recipients/),
      );
    }
    expect(server.seen).toEqual([]);
  });

  it("takes its text for text: nothing in it is a path, a URL or HTML", async () => {
    await using server = await serveSmtp(authority);
    const type = emailTo(server.port);
    await performStep(type, { ...MAIL, text: "/etc/hostname <b>https://example.com/</b>" });
    expect(server.seen[0]?.text).toContain("/etc/hostname <b>https://example.com/</b>");
    for (const member of ["html", "attachments", "bcc", "from", "headers", "raw"]) {
      expect(type.checkParameters({ ...MAIL, [member]: "x" })).toMatchObject([{ field: member }]);
    }
    expect(type.checkParameters({ ...MAIL, text: { path: "/etc/hostname" } })).toMatchObject([{ field: "text" }]);
  });

  it.each<[string, Partial<SmtpOptions>]>([
    ["from", { from: "not an address" }],
    ["recipients", { recipients: ["example.com"] }],
    ["password", { passwordSecret: "unknown" }],
    ["user", { passwordSecret: undefined } as unknown as Partial<SmtpOptions>],
    ["caFile", { caFile: "relative.pem" }],
    ["host", { host: "a b" }],
  ])("is not to be had with a configuration whose %s is wrong", (field, smtp) => {
    expect(() => emailTo(25, smtp)).toThrow(new RegExp(`smtp.${field}`));
  });
});
