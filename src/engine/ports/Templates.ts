/** The port of templates; `usecases/prompt/Templates.ts` renders prompts with it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { JsonObject } from "../../schema/Field.js"

/** Renders the templates of `render_templates`, which are Jinja. A failure is the reason. */
export class Templates extends Context.Tag("effect-julep/engine/Templates")<Templates, Templates.Service>() {}

export declare namespace Templates {
  interface Service {
    /** Fails if a text is not a valid template. */
    readonly check: (source: string) => Effect.Effect<void, string>
    /**
     * Renders the templates of one prompt. They share the variables, and a budget of steps that bounds the time and the
     * output of all of them together. Rendered text is never parsed as a template again.
     */
    readonly renderer: (variables: JsonObject) => Effect.Effect<(source: string) => Either.Either<string, string>>
  }
}
