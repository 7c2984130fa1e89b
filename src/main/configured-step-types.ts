import { resolve } from "node:path";
import {
  createArtifactCollect,
  createCheckCommand,
  createCheckFileExists,
  createCheckFileMatches,
  createCheckHttpOk,
  createCheckLogClean,
  createCommandRun,
  createEmailSend,
  createEntityCreate,
  createFileWrite,
  createHttpStep,
  createPostgresWriter,
  createSqliteWriter,
  createWebhookPost,
  HTTP_STEPS,
  redactedStepType,
} from "#effects";
import type {
  CommandHost,
  CommandRunOptions,
  HttpOptions,
  HttpStepName,
  Provider,
  SecretVault,
  StepType,
} from "#effects";
import { addressOf } from "./database-address.ts";
import { isolationOptions } from "./isolation-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { CommandConfiguration, HttpConfiguration } from "./step-configuration.ts";
import { systemClock } from "./system-clock.ts";

/** What providers are made with beside their configuration. */
export interface ProviderContext {
  readonly secrets: SecretVault | undefined;
  /** Starts processes; needed where there are step types that do. */
  readonly host: CommandHost | undefined;
}

/** The same step types, from which no secret comes out. */
export function withoutSecrets(types: readonly StepType[], secrets: SecretVault | undefined): readonly StepType[] {
  return secrets === undefined ? types : types.map((type) => redactedStepType(type, secrets.redactor));
}

/** Whether anything is configured that starts processes. */
export function startsProcesses({ steps, providers }: LoadedConfiguration): boolean {
  return steps["command.run"] !== undefined || steps["check.command"] !== undefined || providers.length > 0;
}

/** Providers with the step types that the configuration names, and no others. @throws {Fault} INVALID_CONFIGURATION */
export function configuredProviders(configuration: LoadedConfiguration, context: ProviderContext): readonly Provider[] {
  return [
    commandProvider(configuration, context),
    { name: "files", stepTypes: fileTypes(configuration) },
    { name: "http", stepTypes: httpTypes(configuration, context) },
    { name: "email", stepTypes: emailTypes(configuration, context) },
    recordProvider(configuration),
  ].filter(({ stepTypes }) => stepTypes.length > 0);
}

function commandProvider(configuration: LoadedConfiguration, { secrets, host }: ProviderContext): Provider {
  const { steps, base } = configuration;
  const optionsOf = (commands: CommandConfiguration): CommandRunOptions => ({
    executables: commands.executables,
    workingDirectories: commands.working_directories.map((directory) => resolve(base, directory)),
    environment: { values: commands.environment, allow: commands.allow_variables },
    outputBytes: commands.output_bytes,
    killGraceMs: commands.kill_grace_ms,
    isolation: isolationOptions(commands, configuration),
    ...(secrets !== undefined && { secrets }),
    ...(host !== undefined && { host }),
    clock: systemClock,
  });
  const run = steps["command.run"];
  const check = steps["check.command"];
  const types = [
    ...(run === undefined ? [] : [createCommandRun(optionsOf(run))]),
    ...(check === undefined ? [] : [createCheckCommand(optionsOf(check))]),
  ];
  const close = async (): Promise<void> => {
    for (const type of types.toReversed()) await type[Symbol.asyncDispose]();
  };
  const init = async (): Promise<void> => {
    for (const type of types) await type.tryIsolation();
  };
  return { name: "commands", stepTypes: types, init, close };
}

/** The database is opened when the first record is written. */
function recordProvider({ steps, base }: LoadedConfiguration): Provider {
  const create = steps["entity.create"];
  if (create === undefined) return { name: "records", stepTypes: [] };
  const { database } = create;
  const field = 'steps."entity.create".database.postgres';
  const writer =
    "sqlite" in database
      ? createSqliteWriter({ file: resolve(base, database.sqlite), clock: systemClock })
      : createPostgresWriter({ connectionString: addressOf(database.postgres, { field, base }) });
  const entities = Object.entries(create.entities).map(
    ([name, { table, key, fields, idempotency_column: idempotencyColumn }]) =>
      [name, { table, key, idempotencyColumn, fields: new Map(Object.entries(fields)) }] as const,
  );
  const stepTypes = [createEntityCreate({ entities: new Map(entities), writer })];
  return { name: "records", stepTypes, close: () => writer.close() };
}

function fileTypes({ steps, base }: LoadedConfiguration): StepType[] {
  const absolute = ({ directories }: { readonly directories: readonly string[] }): readonly string[] =>
    directories.map((directory) => resolve(base, directory));
  const exists = steps["check.file_exists"];
  const matches = steps["check.file_matches"];
  const clean = steps["check.log_clean"];
  const artifacts = steps["artifact.collect"];
  const write = steps["file.write"];
  return [
    ...(write === undefined
      ? []
      : [createFileWrite({ directory: resolve(base, write.directory), maxBytes: write.max_bytes })]),
    ...(artifacts === undefined ? [] : [createArtifactCollect({ directories: absolute(artifacts) })]),
    ...(exists === undefined ? [] : [createCheckFileExists({ directories: absolute(exists) })]),
    ...(matches === undefined
      ? []
      : [createCheckFileMatches({ directories: absolute(matches), maxBytes: matches.max_bytes })]),
    ...(clean === undefined ? [] : [createCheckLogClean({ directories: absolute(clean), maxBytes: clean.max_bytes })]),
  ];
}

function httpTypes({ steps, base }: LoadedConfiguration, { secrets }: ProviderContext): StepType[] {
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

function emailTypes({ steps, base }: LoadedConfiguration, { secrets }: ProviderContext): StepType[] {
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
