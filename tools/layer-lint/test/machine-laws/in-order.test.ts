import { DONE, lawTable, LOOP, LOST, machine, over, PLAIN, ROUND } from "../support/machine-laws.ts";

lawTable("EXEC-001", {
  broken: [
    ["a list sorted by its ids", over("»job.steps.toSorted((a, b) => a.id.localeCompare(b.id))")],
    ["a tail before a head", over("»[...job.steps.slice(1), ...job.steps.slice(0, 1)]")],
    ["a filtered list", over("»job.steps.filter((each) => each.input !== undefined)")],
    [
      "a generic function that turns a list round",
      over("turned(job.steps)", "const turned = <T>(list: readonly T[]): readonly T[] => »list.toReversed();"),
    ],
    [
      "a counted loop that performs another step than its own",
      machine(
        `  for (let index = 0; index < job.steps.length; index++) {\n    const step = job.steps[job.steps.length - 1 - index]!;\n    try { »const output = await handler.execute(step, context); ${DONE} } catch (error) { ${LOST} break; }\n  }`,
      ),
    ],
    ["a step that is not waited for", machine(`${LOOP}\n    »void handler.execute(step, context);\n  }`)],
  ],
  kept: [
    ["the list itself", machine(PLAIN)],
    ["a frozen copy of it", machine(PLAIN.replace("job.steps", "Object.freeze([...job.steps])"))],
    [
      "a counted loop",
      machine(
        `  for (let index = 0; index < job.steps.length; index++) {\n    const step = job.steps[index]!;\n${ROUND}\n  }`,
      ),
    ],
    ["a name for it", machine(`  const { steps } = job;\n${PLAIN.replace("job.steps", "steps")}`)],
  ],
});
