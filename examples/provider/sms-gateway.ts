// A provider of one capability, `sms.send`, over the HTTP interface of a gateway. README.md beside it says how it is configured.

/** What Verbatim hands to `perform`, as far as this module needs it. */
interface Call {
  readonly parameters: { readonly to: string; readonly text: string };
  readonly context: { readonly idempotencyKey: string };
  readonly settings: { readonly url: string };
  readonly secrets: { readonly "sms-token": string };
  readonly signal: AbortSignal;
}

export const provider = {
  name: "sms-gateway",
  capabilities: {
    "sms.send": {
      parameters: {
        type: "object",
        properties: {
          to: { type: "string", pattern: "^\\+[1-9][0-9]{6,14}$" },
          text: { type: "string", minLength: 1, maxLength: 459 },
        },
        required: ["to", "text"],
      },
      async perform({ parameters, context, settings, secrets, signal }: Call) {
        const request = {
          method: "POST",
          headers: { authorization: `Bearer ${secrets["sms-token"]}`, "idempotency-key": context.idempotencyKey },
          body: JSON.stringify(parameters),
          signal,
        };
        const { ok, status } = await fetch(settings.url, request).catch(() => ({ ok: false, status: 0 })); // 0: not reached
        if (ok) return { success: true, output: { status } };
        const errorClass = status === 0 || status === 429 || status >= 500 ? "transient_io" : "permanent";
        return { success: false, output: { status }, error: `the gateway answered ${status}`, errorClass };
      },
    },
  },
};
