import type { NotificationCause, NotificationDeclaration, NotificationWay, PlannedNotification } from "#model";
import type { Variables } from "./interpolate.ts";
import type { Tell } from "./tell.ts";

/** All causes, in the order in which a plan names them. */
export const NOTIFICATION_CAUSES = ["success", "failure", "gate"] as const satisfies readonly NotificationCause[];

/** Resolves who is told of a plan's runs: recipients and addresses may be left to variables. */
export function compileNotifications(
  declared: readonly NotificationDeclaration[],
  { variables, tell }: { readonly variables: Variables; readonly tell: Tell },
): readonly PlannedNotification[] {
  return declared.flatMap((notification, at) => {
    const field = `notifications[${at}]`;
    if (notification.on.length === 0) tell(`${field}.on`, `is empty; give at least one of ${CAUSES}`);
    const way = wayOf(notification, { field, variables, tell });
    if (way === undefined) return [];
    return [{ on: NOTIFICATION_CAUSES.filter((cause) => notification.on.includes(cause)), way }];
  });
}

const CAUSES = NOTIFICATION_CAUSES.join(", ");

function wayOf(
  { email, webhook }: NotificationDeclaration,
  { field, variables, tell }: { readonly field: string; readonly variables: Variables; readonly tell: Tell },
): NotificationWay | undefined {
  const resolved = (text: string, place: string): string => {
    const done = variables.text(text);
    if ("text" in done) return done.text;
    tell(`${field}.${place}`, done.problem);
    return text;
  };
  if (email !== undefined && webhook === undefined) {
    const to = email.to.map((address, at) => resolved(address, `email.to[${at}]`));
    return { email: { to, cc: email.cc.map((address, at) => resolved(address, `email.cc[${at}]`)) } };
  }
  if (webhook !== undefined && email === undefined) return { webhook: { url: resolved(webhook.url, "webhook.url") } };
  tell(field, "needs either email or webhook, and not both");
  return undefined;
}
