import { DONE, lawTable, LOOP, LOST, machine, PERFORM, PLAIN } from "../support/machine-laws.ts";

lawTable("EXEC-003", {
  broken: [
    ["a failure that is recorded and left behind", machine(PLAIN.replace("break;", "»"))],
    ["a stop only for some failures", machine(PLAIN.replace("break;", "if (error instanceof TypeError) break; »"))],
    [
      "a failure that is counted up to three",
      machine(`  let failures = 0;\n${PLAIN.replace("break;", "failures += 1; if (failures >= 3) break; »")}`),
    ],
    [
      "a flag that is raised too late",
      machine(
        `  let failed = false;\n${LOOP}\n    let output: unknown;\n    try { output = await handler.execute(step, context); » } catch { failed = step.id === ''; }\n    results.push({ stepId: step.id, index, status: failed ? 'FAILED' : 'COMPLETED', output });\n    if (failed) break;\n  }`,
      ),
    ],
  ],
  kept: [
    [
      "a reply that says what went wrong",
      machine(
        `${LOOP}\n    let fault: string | undefined;\n    try { fault = (await handler.execute(step, context)) as string | undefined; } catch (error) { ${LOST} break; }\n    results.push(fault === undefined ? { stepId: step.id, index, status: 'COMPLETED' } : { stepId: step.id, index, status: 'FAILED', error: fault });\n    if (fault !== undefined) break;\n  }`,
      ),
    ],
    [
      "a failure kept in a variable",
      machine(
        `${LOOP}\n    let failure: string | undefined;\n    let output: unknown;\n    try { output = await handler.execute(step, context); } catch (error) { failure = String(error); }\n    results.push(failure === undefined ? { stepId: step.id, index, status: 'COMPLETED', output } : { stepId: step.id, index, status: 'FAILED', error: failure });\n    if (failure !== undefined) break;\n  }`,
      ),
    ],
    [
      "a flag asked for before the next step",
      machine(
        `  let stopped = false;\n${LOOP}\n    if (stopped) break;\n    try { ${PERFORM} ${DONE} } catch (error) { ${LOST} stopped = true; }\n  }`,
      ),
    ],
    [
      "the last record asked for",
      machine(
        PLAIN.replace("break; }", "}").replace(
          /\n {2}\}$/,
          "\n    if (results.at(-1)?.status === 'FAILED') break;\n  }",
        ),
      ),
    ],
    [
      "a count of failures",
      machine(
        `${LOOP}\n    let failures = 0;\n    try { ${PERFORM} ${DONE} } catch (error) { failures += 1; ${LOST} }\n    if (failures > 0) return results;\n  }`,
      ),
    ],
  ],
});
