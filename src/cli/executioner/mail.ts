import type { Source } from "./source.ts";

/** The settings of a file or a job that are about mail, and what there is in their place. Their values are told to nobody. */
const MAIL = [
  "email_address",
  "email_on_success",
  "email_on_failure",
  "smtp_server",
  "smtp_port",
  "smtp_user",
  "smtp_password",
] as const;

/** Tells of every setting about mail: a plan sends none by itself. */
export function tellMail(source: Source): void {
  for (const name of MAIL) {
    if (source.any(name) === undefined) continue;
    const secret = name === "smtp_password" ? "; keep it as a secret of the server, and take it out of the file" : "";
    source.leftOut(
      [name],
      `has no counterpart and was left out: a plan sends mail only with a step of its own${secret}`,
    );
  }
}
