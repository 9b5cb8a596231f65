import * as Context from "effect/Context"
import type * as Either from "effect/Either"
import type { JsonObject } from "../../schema/Field.js"

/** A parsed template: renders with variables, or returns why it cannot. */
export type Rendering = (variables: JsonObject) => Either.Either<string, string>

/** Parses the templates of `render_templates`, which are Jinja. */
export class Templates extends Context.Tag("effect-julep/engine/Templates")<Templates, Templates.Service>() {}

export declare namespace Templates {
  interface Service {
    /** The parsed template, or why it is invalid. Rendered text is never parsed as a template again. */
    readonly read: (source: string) => Either.Either<Rendering, string>
  }
}
