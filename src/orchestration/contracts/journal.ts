import type { Platform, PlatformChange } from "#model";

const PAGE = 500;

/** All changes of the platform behind the first `head`. */
export function* changesSince(platform: Platform, head: number): Generator<PlatformChange, void, void> {
  for (let afterSeq = head; ;) {
    const page = platform.changes({ afterSeq, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
  }
}
