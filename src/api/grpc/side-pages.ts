import type { IncomingMessage, ServerResponse } from "node:http";
import { Fault } from "#model";
import { answerMayBeSent } from "./call-budgets.ts";
import type { CallShares } from "./call-budgets.ts";

/** What a page of the side port says. */
export interface SidePage {
  readonly contentType: string;
  readonly text: string;
}

/** What a page is asked with. */
export interface PageRequest {
  readonly query: URLSearchParams;
  /** What the answer takes of the memory that all calls share. */
  readonly shares: CallShares;
}

/** Makes a page. @throws {Fault} */
export type MakePage = (request: PageRequest) => Promise<SidePage>;

/** Pages of the side port beside the methods, by their paths. They are read with GET. */
export type SidePages = ReadonlyMap<string, MakePage>;

/** Answers with a page. @throws {Fault} */
export async function answerPage(make: MakePage, { request, response, shares }: PageAnswer): Promise<void> {
  if (request.method !== "GET") {
    const text = `This page is read with GET; ${request.method ?? "another method"} came.`;
    throw new Fault("UNIMPLEMENTED", text);
  }
  const { searchParams: query } = new URL(request.url ?? "", "http://side-port");
  const { contentType, text } = await make({ query, shares });
  const bytes = Buffer.from(text);
  await answerMayBeSent(shares, bytes.length);
  response.writeHead(200, {
    "content-type": contentType,
    "content-length": bytes.length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(bytes);
}

/** A request for a page, and where its answer goes. */
export interface PageAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly shares: CallShares;
}
