/** Event ids in a row, the same for every store that is given one: so that their bytes can be compared. */
export function eventIds(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `01930000-0000-7000-8000-${String(last).padStart(12, "0")}`;
  };
}
