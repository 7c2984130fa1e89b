import { resolve } from "node:path";
import {
  createArtifactCollect,
  createCheckCommand,
  createCheckFileExists,
  createCheckFileMatches,
  createCheckHttpOk,
  createCheckLogClean,
  createCommandHost,
  createCommandRun,
  createEmailSend,
  createHttpStep,
  createWebhookPost,
  HTTP_STEPS,
  redactedStepType,
} from "#effects";
import type { CommandRunOptions, HttpOptions, HttpStepName, SecretVault, StepType } from "#effects";
import { loadHandlers } from "./load-handlers.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { PLATFORM_STEP_TYPES } from "./platform.ts";
import type { CommandConfiguration, HttpConfiguration } from "./step-configuration.ts";
import { systemClock } from "./system-clock.ts";

/** What step types are made with beside their configuration. */
export interface StepTypeContext {
  /** Owns those that have something to free. */
  readonly resources: AsyncDisposableStack;
  readonly secrets: SecretVault | undefined;
}

/** The step types of the modules that the configuration lists; none may have the name of one that is there. @throws {Fault} */
export async function ownStepTypes(
  configuration: LoadedConfiguration,
  { secrets, given }: { readonly secrets: SecretVault | undefined; readonly given: readonly StepType[] },
): Promise<readonly StepType[]> {
  const ofPlatform = configuration.platform === undefined ? [] : Object.keys(PLATFORM_STEP_TYPES);
  const taken = [...Object.keys(configuration.steps), ...ofPlatform, ...given.map(({ name }) => name)];
  return await loadHandlers(configuration, { secrets, clock: systemClock, taken });
}

/** The same step types, from which no secret comes out. */
export function withoutSecrets(types: readonly StepType[], secrets: SecretVault | undefined): readonly StepType[] {
  return secrets === undefined ? types : types.map((type) => redactedStepType(type, secrets.redactor));
}

/** The step types that the configuration names, and no others. @throws {Fault} INVALID_CONFIGURATION */
export function configuredStepTypes(configuration: LoadedConfiguration, context: StepTypeContext): readonly StepType[] {
  return [
    ...commandTypes(configuration, context),
    ...fileChecks(configuration),
    ...httpTypes(configuration, context),
    ...emailTypes(configuration, context),
  ];
}

function commandTypes(configuration: LoadedConfiguration, { resources, secrets }: StepTypeContext): StepType[] {
  const { steps, base } = configuration;
  const optionsOf = (commands: CommandConfiguration): CommandRunOptions => ({
    executables: commands.executables,
    workingDirectories: commands.working_directories.map((directory) => resolve(base, directory)),
    environment: { values: commands.environment, allow: commands.allow_variables },
    outputBytes: commands.output_bytes,
    killGraceMs: commands.kill_grace_ms,
    ...(secrets !== undefined && { secrets }),
    clock: systemClock,
  });
  const run = steps["command.run"];
  const check = steps["check.command"];
  if (run === undefined && check === undefined) return [];
  const host = resources.use(createCommandHost({ clock: systemClock })); // outlives both
  return [
    ...(run === undefined ? [] : [resources.use(createCommandRun({ ...optionsOf(run), host }))]),
    ...(check === undefined ? [] : [resources.use(createCheckCommand({ ...optionsOf(check), host }))]),
  ];
}

function fileChecks({ steps, base }: LoadedConfiguration): StepType[] {
  const absolute = ({ directories }: { readonly directories: readonly string[] }): readonly string[] =>
    directories.map((directory) => resolve(base, directory));
  const exists = steps["check.file_exists"];
  const matches = steps["check.file_matches"];
  const clean = steps["check.log_clean"];
  const artifacts = steps["artifact.collect"];
  return [
    ...(artifacts === undefined ? [] : [createArtifactCollect({ directories: absolute(artifacts) })]),
    ...(exists === undefined ? [] : [createCheckFileExists({ directories: absolute(exists) })]),
    ...(matches === undefined
      ? []
      : [createCheckFileMatches({ directories: absolute(matches), maxBytes: matches.max_bytes })]),
    ...(clean === undefined ? [] : [createCheckLogClean({ directories: absolute(clean), maxBytes: clean.max_bytes })]),
  ];
}

function httpTypes({ steps, base }: LoadedConfiguration, { secrets }: StepTypeContext): StepType[] {
  const check = steps["check.http_ok"];
  const post = steps["webhook.post"];
  const optionsOf = ({ hosts, private_addresses, ca_file: caFile }: HttpConfiguration): HttpOptions => ({
    hosts,
    privateAddresses: private_addresses,
    ...(caFile !== undefined && { caFile: resolve(base, caFile) }),
    clock: systemClock,
  });
  // as: the keys of this constant are its names
  const calls = (Object.keys(HTTP_STEPS) as HttpStepName[]).flatMap((name) => {
    const call = steps[name];
    if (call === undefined) return [];
    const { timeout_seconds: timeoutSeconds, body_bytes: bodyBytes } = call;
    return [createHttpStep(name, { ...optionsOf(call), secrets, timeoutSeconds, bodyBytes })];
  });
  return [
    ...calls,
    ...(check === undefined ? [] : [createCheckHttpOk(optionsOf(check))]),
    ...(post === undefined
      ? []
      : [
          createWebhookPost({
            ...optionsOf(post),
            signingSecret: post.signing_secret.secretRef,
            timeoutSeconds: post.timeout_seconds,
            secrets,
          }),
        ]),
  ];
}

function emailTypes({ steps, base }: LoadedConfiguration, { secrets }: StepTypeContext): StepType[] {
  const smtp = steps["email.send"]?.smtp;
  if (smtp === undefined) return [];
  const { host, port, security, user, password, from, recipients, ca_file: caFile } = smtp;
  return [
    createEmailSend({
      smtp: {
        host,
        port,
        security,
        from,
        recipients,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { passwordSecret: password.secretRef }),
        ...(caFile !== undefined && { caFile: resolve(base, caFile) }),
      },
      ...(secrets !== undefined && { secrets }),
    }),
  ];
}
