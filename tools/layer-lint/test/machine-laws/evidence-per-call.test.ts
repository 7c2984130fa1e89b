import { before, declarations, lawTable, LOOP, LOST, machine, PERFORM, PLAIN } from "../support/machine-laws.ts";

lawTable("EXEC-002", {
  broken: [
    [
      "a success that is only counted",
      machine(
        `  let count = 0;\n${LOOP}\n    try { »await handler.execute(step, context); count += 1; } catch (error) { const index = count; ${LOST} break; }\n  }`,
      ),
    ],
    [
      "a result pushed twice",
      machine(
        PLAIN.replace(
          "COMPLETED', output });",
          "COMPLETED', output }); results.push({ stepId: step.id, index, status: 'COMPLETED', output }); »",
        ),
      ),
    ],
    [
      "the same result pushed twice",
      machine(
        `${LOOP}\n    let result: StepResult;\n    try { ${PERFORM} result = { stepId: step.id, index, status: 'COMPLETED', output }; } catch (error) { result = { stepId: step.id, index, status: 'FAILED' }; }\n    results.push(result);\n    results.push(result); »\n    if (result.status === 'FAILED') break;\n  }`,
      ),
    ],
    ["a step passed over by its input", machine(before("if (step.input === undefined) continue; »"))],
    ["results taken off again", machine(`${PLAIN}\n  results.pop(); »`)],
    [
      "a record kept by type",
      machine(
        `  const kept = new Map<string, StepResult>();\n${LOOP}\n    try { const output = await handler.execute(step, context); kept.set(step.type, { stepId: step.id, index, status: 'COMPLETED', output }); » } catch (error) { kept.set(step.type, { stepId: step.id, index, status: 'FAILED' }); break; }\n  }`,
      ),
    ],
    [
      "a failure recorded as a success",
      machine(
        `${LOOP}\n    try { await handler.execute(step, context); } catch { results.push({ stepId: step.id, index, status: 'COMPLETED' }); » break; }\n    results.push({ stepId: step.id, index, status: 'COMPLETED' });\n  }`,
      ),
    ],
  ],
  kept: [
    [
      "a function that records",
      machine(
        PLAIN.replaceAll("results.push(", "record(results, "),
        "function record(results: StepResult[], result: StepResult): void { results.push(result); }",
      ),
    ],
    [
      "a log of the layer's own that only grows",
      machine(
        `  const log = new Log<StepResult>();\n${PLAIN.replaceAll("results.push(", "log.add(")}`,
        "class Log<T> { readonly #all: T[] = []; add(one: T): void { this.#all.push(one); } }",
      ),
    ],
    [
      "a generator that yields literals",
      declarations(
        `export async function* run(handler: StepHandler, job: Job, context: ExecutionContext): AsyncGenerator<StepResult, void, undefined> {\n${LOOP}\n    try { ${PERFORM} yield { stepId: step.id, index, status: 'COMPLETED', output }; } catch (error) { yield { stepId: step.id, index, status: 'FAILED', error: String(error) }; return; }\n  }\n}`,
      ),
    ],
    [
      "a chain of promises that ends in a result",
      machine(
        `${LOOP}\n    const result = await handler.execute(step, context).then((output): StepResult => ({ stepId: step.id, index, status: 'COMPLETED', output }), (error: unknown): StepResult => ({ stepId: step.id, index, status: 'FAILED', error: String(error) }));\n    results.push(result);\n    if (result.status === 'FAILED') break;\n  }`,
      ),
    ],
  ],
});
