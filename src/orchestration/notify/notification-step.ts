import type { JsonObject, NotificationWay, PlannedStep } from "#model";

/** A message in both its forms. */
export interface NotificationMessage {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** The same facts for a program. */
  readonly body: JsonObject;
}

/** A notification is given up after so long; the step types have shorter limits of their own. */
const SEND_SECONDS = 300;
const TARGET_CHARACTERS = 200;

/** The step that sends a message. */
export function notificationStep(way: NotificationWay, { subject, text, body }: NotificationMessage): PlannedStep {
  if ("webhook" in way) {
    const { url } = way.webhook;
    return { stepType: "webhook.post", target: targetOf(url), parameters: { url, body }, timeoutSeconds: SEND_SECONDS };
  }
  const { to, cc } = way.email;
  const parameters = { to, ...(cc.length > 0 && { cc }), subject, text };
  return { stepType: "email.send", target: targetOf(to.join(", ")), parameters, timeoutSeconds: SEND_SECONDS };
}

function targetOf(text: string): string {
  return text.slice(0, TARGET_CHARACTERS).toWellFormed();
}
