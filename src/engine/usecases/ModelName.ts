import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** The names of the models Julep hosted: no other endpoint has them. */
const hosted: ReadonlySet<string> = new Set(["julep-ai/samantha-1", "julep-ai/samantha-1-turbo"])

/** The windows of models that are known, by how their names begin; tokens of prompt and reply together. */
const windows: ReadonlyArray<readonly [RegExp, number]> = [
  [/^(gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-5|o[134])/, 128_000],
  [/^gpt-4-32k/, 32_768],
  [/^gpt-3\.5-turbo/, 16_385],
  [/^claude-/, 200_000],
  [/^(mistral|mixtral|qwen|llama-?3\.[123])/i, 32_768]
]

/** The window of a model nobody knows. */
const DEFAULT_WINDOW = 8192

/** Which model an endpoint is asked for, by the name an agent or a request has. */
export class ModelName extends Context.Tag("effect-julep/engine/ModelName")<ModelName, ModelName.Service>() {
  /** With a name of the operator's own, which stands in for the hosted ones, and a window over the known ones. */
  static readonly layer = (standIn: string | undefined, window?: number): Layer.Layer<ModelName> =>
    Layer.succeed(ModelName, {
      resolve: (name) => (standIn !== undefined && hosted.has(name) ? standIn : name),
      window: (name) => window ?? windows.find(([pattern]) => pattern.test(name))?.[1] ?? DEFAULT_WINDOW
    })
}

export declare namespace ModelName {
  interface Service {
    readonly resolve: (name: string) => string
    /** How many tokens the prompt and the reply may have together. */
    readonly window: (name: string) => number
  }
}
