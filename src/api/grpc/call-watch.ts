import type { Clock } from "#model";

/** How a call of a method came to its end. */
export interface EndedCall {
  /** What it came in by: HTTP/2 with protobuf, or the side port. */
  readonly transport: "grpc" | "http";
  /** `package.Service/Method`, of a service that is served. */
  readonly method: string;
  /** Name of a gRPC status, such as `OK`. */
  readonly code: string;
  readonly milliseconds: number;
}

/** Told of each call that ends, once; must not throw. */
export type OnCall = (call: EndedCall) => void;

/** Watches one call from now on: what it answers is told of the call's end, and only the first end counts. */
export function watchCall(
  method: Pick<EndedCall, "transport" | "method">,
  { clock, onCall }: { readonly clock: Clock; readonly onCall: OnCall | undefined },
): (code: string) => void {
  if (onCall === undefined) return UNWATCHED;
  const startMs = clock.monotonicMs();
  let ended = false;
  return (code) => {
    if (ended) return;
    ended = true;
    onCall({ ...method, code, milliseconds: clock.monotonicMs() - startMs });
  };
}

const UNWATCHED = (): void => undefined;
