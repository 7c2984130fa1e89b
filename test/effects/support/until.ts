/** Resolves when `condition` holds; looks every 5 ms, and gives up with `what` after 20 s. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`waited 20 s in vain until ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
