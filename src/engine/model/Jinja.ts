/** Jinja templates, run by an interpreter that executes no JavaScript and reaches no prototype. */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { Templates } from "../ports/Templates.js"

/** The longest `range` of a loop: rendering blocks the event loop, and loops nest. */
const LONGEST_RANGE = 100

const range = (...bounds: ReadonlyArray<number>): ReadonlyArray<number> => {
  const [start = 0, stop = 0, step = 1] = bounds.length === 1 ? [0, ...bounds] : bounds
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= LONGEST_RANGE)) throw new Error(`range() can have at most ${LONGEST_RANGE} numbers`)
  return Array.from({ length }, (_, index) => start + index * step)
}

const globals = { true: true, True: true, false: false, False: false, none: null, None: null, range }

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Templates with `trim_blocks` and `lstrip_blocks`, as in v0.3. */
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
