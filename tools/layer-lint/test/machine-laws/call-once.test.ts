import { declarations, DONE, lawTable, LOOP, machine, PLAIN } from "../support/machine-laws.ts";

lawTable("EXEC-006", {
  broken: [
    [
      "two tries",
      machine(
        `${LOOP}\n    let output: unknown;\n    try { output = await handler.execute(step, context); } catch { output = await handler.execute(step, context); » }\n    ${DONE}\n  }`,
      ),
    ],
    [
      "a second call when the first is refused",
      machine(
        `${LOOP}\n    const output = await handler.execute(step, context).catch(() => handler.execute(step, context)); »\n    ${DONE}\n  }`,
      ),
    ],
    [
      "a loop until it works",
      machine(
        `${LOOP}\n    for (;;) { try { const output = await handler.execute(step, context); » ${DONE} break; } catch { continue; } }\n  }`,
      ),
    ],
    ["a second walk over the steps", machine(`${PLAIN}\n${PLAIN.replace("{\n", "{ »\n")}`)],
    [
      "a decorator on what performs",
      declarations(
        "declare function again(value: unknown, context: ClassMethodDecoratorContext): void;\nexport class Runner {\n  @again »\n  perform(handler: StepHandler, step: JobStep, context: ExecutionContext): Promise<unknown> { return handler.execute(step, context); }\n}",
      ),
    ],
  ],
  kept: [
    [
      "one call in a function of its own",
      machine(
        PLAIN.replace("handler.execute(step, context)", "one(handler, step, context)"),
        "const one = (handler: StepHandler, step: JobStep, context: ExecutionContext): Promise<unknown> => handler.execute(step, context);",
      ),
    ],
    [
      "either of two handlers",
      machine(
        PLAIN.replace("handler.execute(step, context)", "(index === 0 ? handler : handler).execute(step, context)"),
      ),
    ],
    ["a word about tries", machine(`  const retries = 0;\n${PLAIN}\n  Object.freeze([retries]);`)],
  ],
});
