import { z } from "zod";
import { parametersForm } from "../declared-parameters.ts";
import type { ParametersForm } from "../declared-parameters.ts";
import { bodiesOf, BODY_FIELDS } from "./declared-body.ts";
import type { DeclaredBody } from "./declared-body.ts";
import { declaredHeaders } from "./declared-headers.ts";
import type { DeclaredHeaders } from "./declared-headers.ts";
import { HTTP_METHODS } from "./http-message.ts";
import type { HttpRequest } from "./http-message.ts";
import { declaredUrl } from "./permitted-url.ts";

/** The step types that ask over HTTP, and the method of each; that of `http.call` is a parameter. */
export const HTTP_STEPS = {
  "http.get": "GET",
  "http.post": "POST",
  "http.put": "PUT",
  "http.delete": "DELETE",
  "http.call": undefined,
} as const;

/** The name of a step type that asks over HTTP. */
export type HttpStepName = keyof typeof HTTP_STEPS;

/** What a step declares, whichever of the step types it is of. */
export interface DeclaredRequest extends DeclaredBody {
  readonly url: string;
  /** Only of `http.call`. */
  readonly method?: HttpRequest["method"];
  readonly headers?: DeclaredHeaders | undefined;
  readonly response_headers: readonly string[];
  readonly timeout?: number | undefined;
  readonly max_redirects: number;
}

/** The most seconds that anybody may permit or ask for. */
export const MOST_SECONDS = 3600;
const REDIRECTS = 10;
const TOLD_HEADERS = 50;

const FIELDS = {
  url: declaredUrl,
  headers: declaredHeaders
    .optional()
    .describe("By name: a text, or {secretRef: NAME, prefix?} for the value of a secret."),
  response_headers: z
    .array(z.string().min(1).max(100))
    .max(TOLD_HEADERS)
    .default([])
    .describe("Headers of the answer that are recorded beside those that always are."),
  timeout: z
    .number()
    .positive()
    .max(MOST_SECONDS)
    .optional()
    .describe("Seconds until the whole answer, redirects among it; at most, and by default, what the server permits."),
  max_redirects: z
    .int()
    .min(0)
    .max(REDIRECTS)
    .default(0)
    .describe("How many redirects are followed, each only to a listed host. Default: none."),
};

const withBody = z.strictObject({ ...FIELDS, ...BODY_FIELDS });
const withMethod = z.strictObject({ method: z.enum(HTTP_METHODS), ...FIELDS, ...BODY_FIELDS });
const ONE_BODY = "there is more than one body: use one of json, text and base64";

/** The form of the parameters of one of the step types. */
export function requestForm(name: HttpStepName): ParametersForm<DeclaredRequest> {
  if (name === "http.get") return parametersForm(name, z.strictObject(FIELDS));
  if (name !== "http.call")
    return parametersForm(
      name,
      withBody.refine((one) => bodiesOf(one) <= 1, ONE_BODY),
    );
  return parametersForm(
    name,
    withMethod
      .refine((one) => bodiesOf(one) <= 1, ONE_BODY)
      .refine((one) => bodiesOf(one) === 0 || (one.method !== "GET" && one.method !== "HEAD"), {
        path: ["method"],
        error: "has no body: leave json, text and base64 out",
      }),
  );
}
