import { connect, constants } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { answerOf, framed } from "../../support/raw-call.ts";
import type { RawAnswer } from "../../support/raw-call.ts";
import type { Pair } from "../../support/certificates.ts";

/** What a call of the matrix was answered; undefined status = not a word. */
export type CellAnswer = Pick<RawAnswer, "message" | "body"> & { readonly status: number | undefined };

/** A call as a lane makes it. */
export interface LaneCall {
  /** `package.Service/Method`. */
  readonly method: string;
  readonly message: Uint8Array;
  readonly token?: string | undefined;
  /** It never ends by itself: its first message counts as 0. */
  readonly endless?: true | undefined;
}

/** Where a lane leads, and with what. */
export interface LaneOptions {
  readonly address: string;
  /** CA of the server. */
  readonly ca: string;
  /** The certificate that is shown, if the server asks for one. */
  readonly pair?: Pair | undefined;
  /** A token that is believed on this connection beside its certificate; absent = the certificate alone is. */
  readonly provingToken?: string | undefined;
}

/** After sixteen refusals in a row a connection is closed. */
const REFUSALS_IN_A_ROW = 12;

/** One connection over TLS, on which calls are made many at a time. */
export class Lane implements Disposable {
  readonly session: ClientHttp2Session;
  readonly #options: LaneOptions;

  constructor(options: LaneOptions) {
    const { address, ca, pair } = options;
    this.#options = options;
    this.session = connect(`https://${address}`, {
      ca,
      ...(pair !== undefined && { cert: pair.certificate, key: pair.key }),
    });
    this.session.on("error", () => undefined); // told by the streams
  }

  /** Makes calls that may all be refused, in their order; between them somebody is let in, so that the connection lives. */
  async callAll(calls: readonly LaneCall[]): Promise<readonly CellAnswer[]> {
    const answers: CellAnswer[] = [];
    for (let at = 0; at < calls.length; at += REFUSALS_IN_A_ROW) {
      answers.push(...(await Promise.all(calls.slice(at, at + REFUSALS_IN_A_ROW).map((call) => this.call(call)))));
      await this.prove();
    }
    return answers;
  }

  /** A call that is let in. */
  async prove(): Promise<void> {
    const proving = {
      method: "grpc.health.v1.Health/Check",
      message: new Uint8Array(),
      token: this.#options.provingToken,
    };
    const { status, message } = await this.call(proving);
    if (status !== 0) throw new Error(`the call that is let in on every lane was answered ${status}: ${message}`);
  }

  async call({ method, message, token, endless }: LaneCall): Promise<CellAnswer> {
    if (this.session.destroyed || this.session.closed) return { status: undefined, message: "", body: Buffer.alloc(0) };
    const stream = this.session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: `/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    });
    stream.on("error", () => undefined); // told by `answerOf`
    const answer = answerOf(stream);
    if (endless === true) stream.on("data", () => stream.close());
    stream.end(framed(message));
    const { status, message: text, body } = await answer;
    return { status: status ?? (endless === true && body.length > 0 ? 0 : undefined), message: text, body };
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}
