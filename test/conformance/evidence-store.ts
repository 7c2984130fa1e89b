import { describe } from "vitest";
import { appendLaws } from "./evidence-store-appends.ts";
import { blobLaws } from "./evidence-store-blobs.ts";
import { closingLaws } from "./evidence-store-closing.ts";
import { contractLaws } from "./evidence-store-contracts.ts";
import { listingLaws } from "./evidence-store-listings.ts";
import { modelLaws } from "./evidence-store-model.ts";
import { readingLaws } from "./evidence-store-reading.ts";
import { reopeningLaws } from "./evidence-store-reopening.ts";
import { restartLaws } from "./evidence-store-restart.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";
import { tailLaws } from "./evidence-store-tails.ts";

/** What every adapter of the port `EvidenceStore` promises. */
export function evidenceStoreConformance(subject: StoreSubject): void {
  describe(`evidence store in ${subject.name}`, () => {
    describe("appending", () => appendLaws(subject));
    describe("appending at once", () => modelLaws(subject));
    describe("reading", () => readingLaws(subject));
    describe("tailing", () => tailLaws(subject));
    describe("listing", () => listingLaws(subject));
    describe("opening a run again", () => reopeningLaws(subject));
    describe("keeping logs of contracts", () => contractLaws(subject));
    describe("payloads", () => blobLaws(subject));
    describe("closing", () => closingLaws(subject));
    if (subject.outlivesProcess) describe("starting again", () => restartLaws(subject));
  });
}
