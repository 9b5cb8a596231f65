/** Jinja templates by an interpreter that runs no JavaScript of theirs and reaches no prototype. */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { Templates } from "../ports/Templates.js"

/** The longest `range` of a loop: a template runs to its end before anything else does, and loops nest. */
const LONGEST_RANGE = 100

const range = (...bounds: ReadonlyArray<number>): ReadonlyArray<number> => {
  const [start = 0, stop = 0, step = 1] = bounds.length === 1 ? [0, ...bounds] : bounds
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= LONGEST_RANGE)) throw new Error(`range() gives at most ${LONGEST_RANGE} numbers`)
  return Array.from({ length }, (_, index) => start + index * step)
}

const globals = { true: true, True: true, false: false, False: false, none: null, None: null, range }

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Templates of the port, with blocks trimmed as v0.3 did. */
export const layer: Layer.Layer<Templates> = Layer.succeed(Templates, {
  read: (source) =>
    Either.try({
      try: () => {
        const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
        return (variables) =>
          Either.try({
            try: () => {
              const environment = new Environment()
              for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value)
              return String(new Interpreter(environment).run(program).value)
            },
            catch: reason
          })
      },
      catch: reason
    })
})
