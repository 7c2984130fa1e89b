import type { Json, JsonObject } from "#model";
import type { ExecutionContext } from "../../step-handler.ts";

/** Values of secrets by their names. */
export type SecretValues = Readonly<Record<string, string>>;

/** What the server says to the process of a provider: one frame each, and the next one only after the answer. */
export type ProviderRequest =
  /** Loads the module; answered by `loaded`. */
  | { readonly kind: "load"; readonly file: string }
  /** Makes it ready; answered by `ready`. */
  | { readonly kind: "init"; readonly settings: JsonObject; readonly secrets: SecretValues }
  /** Performs a step; answered by `answer`. */
  | {
      readonly kind: "call";
      readonly capability: string;
      readonly parameters: JsonObject;
      readonly context: ExecutionContext;
      readonly secrets: SecretValues;
    }
  /** Ends the process when the module has closed itself. */
  | { readonly kind: "close" };

/** The one word that may come while a call lasts: it is to stop. */
export interface StopRequest {
  readonly kind: "stop";
}

/** What the process of a provider says, once it is read and found to be in order. */
export type ProviderReply =
  | { readonly kind: "loaded"; readonly name: string; readonly capabilities: readonly DeclaredCapability[] }
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly output?: Json | undefined }
  /** The module threw, or did not keep to its form. */
  | { readonly kind: "failed"; readonly error: string };

/** What a provider says of one step type that it offers. */
export interface DeclaredCapability {
  readonly name: string;
  /** JSON Schema of the parameters; see {@link compileParameterSchema}. */
  readonly parameters: JsonObject;
  /** JSON Pointers of fields of the output of which only digests are recorded. */
  readonly sensitive: readonly string[];
}

/** The descriptor of the process at which frames come and go. */
export const FRAMES_FD = 3;
