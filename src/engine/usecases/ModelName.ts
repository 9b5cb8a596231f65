import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** The names of the models Julep hosted: no other endpoint has them. */
const hosted: ReadonlySet<string> = new Set(["julep-ai/samantha-1", "julep-ai/samantha-1-turbo"])

/** Which model an endpoint is asked for, by the name an agent or a request has. */
export class ModelName extends Context.Tag("effect-julep/engine/ModelName")<ModelName, ModelName.Service>() {
  /** With a name of the operator's own, which stands in for the hosted ones. */
  static readonly layer = (standIn: string | undefined): Layer.Layer<ModelName> =>
    Layer.succeed(ModelName, { resolve: (name) => (standIn !== undefined && hosted.has(name) ? standIn : name) })
}

export declare namespace ModelName {
  interface Service {
    readonly resolve: (name: string) => string
  }
}
