import * as Context from "effect/Context"
import type * as Either from "effect/Either"
import type { JsonObject } from "../../schema/Field.js"

/** A template that was read: renders with variables, or says why it cannot. */
export type Rendering = (variables: JsonObject) => Either.Either<string, string>

/** Reads templates in the language of `render_templates`, Jinja. */
export class Templates extends Context.Tag("effect-julep/engine/Templates")<Templates, Templates.Service>() {}

export declare namespace Templates {
  interface Service {
    /** The template, or why it is none. What it renders is text: nothing of it is read as a template again. */
    readonly read: (source: string) => Either.Either<Rendering, string>
  }
}
