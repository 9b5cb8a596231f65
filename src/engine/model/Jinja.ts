/** The templates of the engine. Few programs have any, so the interpreter is loaded for the first one. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Templates } from "../ports/Templates.js"

const templates = Effect.promise(() => import("./JinjaTemplates.js"))

/** Jinja templates. */
export const jinja: Templates.Service = {
  check: (source) => Effect.flatMap(templates, ({ check }) => check(source)),
  renderer: (variables) => Effect.map(templates, ({ renderer }) => renderer(variables))
}

/** {@link jinja} as a layer. */
export const layer: Layer.Layer<Templates> = Layer.succeed(Templates, jinja)
