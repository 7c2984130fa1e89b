export function declare() {}
