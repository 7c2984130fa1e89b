/** Every bound of the request path, with its unit in the name. Each is tested at the edge and one past it. */
export const LIMITS = {
  stepsPerJob: 10_000,
  parametersBytesPerStep: 256 * 1024,
  requestBytes: 1024 * 1024,
  responseBytes: 4 * 1024 * 1024,
  outputBytesPerStep: 1024 * 1024,
  inlinePayloadBytes: 8 * 1024,
  errorCharacters: 4096,
  idCharacters: 128,
  targetCharacters: 1024,
  timeoutSeconds: 86_400,
  jsonDepth: 64,
} as const;
