import type { LinePattern } from "./line-pattern.ts";

/** A code of Oracle with its number, which is not zero: no letter or digit before it, no digit after it. */
function oracleCode(prefix: string): LinePattern {
  return { name: `${prefix}-`, pattern: `(?:^|[^A-Za-z0-9])${prefix}-0{0,4}[1-9][0-9]{0,4}(?:[^0-9]|$)` };
}

/** Named sets of patterns for logs of well-known programs. */
export const LOG_PRESETS: Readonly<Record<"oracle", readonly LinePattern[]>> = {
  // ORA-00000 is the code of success; ORA_HOME and the like have no number.
  oracle: [
    ...["ORA", "SP2", "PLS", "TNS", "LRM", "RMAN"].map(oracleCode),
    {
      name: "compilation errors",
      pattern: "(?i)compilation errors?",
      without: "(?i)\\b(?:no|0|without|without any) compilation errors?",
    },
  ],
};
