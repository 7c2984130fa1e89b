import type { ReadBody } from "./read-body.ts";

/** What a request may ask for. */
export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/** One request. */
export interface HttpRequest {
  readonly url: string;
  readonly method: (typeof HTTP_METHODS)[number];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What came back. */
export interface HttpAnswer extends ReadBody {
  /** Where it came from in the end. */
  readonly url: string;
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly redirects: number;
}
