import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** The names of the models that Julep hosted. No other endpoint has them. */
const hosted: ReadonlySet<string> = new Set(["julep-ai/samantha-1", "julep-ai/samantha-1-turbo"])

/** The context windows of known models, by the start of their names, in tokens of prompt and reply together. */
const windows: ReadonlyArray<readonly [RegExp, number]> = [
  [/^(gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-5|o[134])/, 128_000],
  [/^gpt-4-32k/, 32_768],
  [/^gpt-3\.5-turbo/, 16_385],
  [/^claude-/, 200_000],
  [/^(mistral|mixtral|qwen|llama-?3\.[123])/i, 32_768]
]

/** The context window of any other model, in tokens. */
const DEFAULT_WINDOW = 8192

/** The model that is requested from an endpoint, for the name that an agent or a request has. */
export class ModelName extends Context.Tag("effect-julep/engine/ModelName")<ModelName, ModelName.Service>() {
  /** `modelName` replaces the hosted names, `window` every known context window. */
  static readonly make = (modelName: string | undefined, window?: number): ModelName.Service => ({
    resolve: (name) => (modelName !== undefined && hosted.has(name) ? modelName : name),
    window: (name) => window ?? windows.find(([pattern]) => pattern.test(name))?.[1] ?? DEFAULT_WINDOW
  })
  static readonly layer = (modelName: string | undefined, window?: number): Layer.Layer<ModelName> =>
    Layer.succeed(ModelName, ModelName.make(modelName, window))
}

export declare namespace ModelName {
  interface Service {
    /** The name to request from the endpoint. */
    readonly resolve: (name: string) => string
    /** How many tokens the prompt and the reply may have together. */
    readonly window: (name: string) => number
  }
}
