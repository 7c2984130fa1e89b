/** Every bound of hooks, with its unit in the name. Each is tested at the edge and one past it. */
export const HOOK_LIMITS = {
  fileBytes: 1024 * 1024,
  entities: 200,
  fieldsPerEntity: 200,
  relationsPerEntity: 50,
  jobs: 500,
  jobsPerHook: 50,
  nameCharacters: 63,
  tableCharacters: 128,
  /** Relations that `needs` follows, one after the other. */
  hops: 5,
  capabilitiesPerJob: 50,
  expressionCharacters: 1000,
  expressionNodes: 300,
  expressionDepth: 40,
  /** ( [ and { of an expression, those in its texts included: the parser takes longer than their number where they are not closed. */
  expressionBrackets: 64,
  patternCharacters: 100,
  /** Of a text, or of a JSON value as text, that an expression looks at. */
  comparedCharacters: 16_384,
  parametersBytes: 64 * 1024,
  attempts: 20,
  priority: 9,
  /** Records that a job may lead to, and that one hop may read. */
  records: 10_000,
} as const;
