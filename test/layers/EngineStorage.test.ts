import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import { temporaryFile } from "../soak/support/database.js"

describe("a file", () => {
  it.scoped(
    "is one connection for 8 layers that open it at once, and is named in the log once, by its absolute path",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        const lines: Array<string> = []
        const log = Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => void lines.push(String(message)))
        )
        const relative = path.relative(process.cwd(), file)
        const layer = (of: string) => Embedded.layer({ storage: { file: of }, model: "offline" })
        const create = (index: number) =>
          Effect.flatMap(Julep, ({ agents }) => agents.create({ name: `Agent ${index}` }))
        const names = Effect.map(
          Effect.flatMap(Julep, ({ agents }) => agents.list()),
          (agents) => agents.map(({ name }) => name).toSorted()
        )
        // Every one of them stays open until the test ends.
        const open = yield* Effect.forEach(
          Array.from({ length: 8 }),
          (_, index) =>
            Effect.tap(Layer.build(layer(index % 2 === 0 ? file : relative)), (context) =>
              Effect.provide(create(index), context)
            ),
          { concurrency: "unbounded" }
        ).pipe(Effect.provide(log))
        const all = Array.from({ length: 8 }, (_, index) => `Agent ${index}`)
        for (const context of open) expect(yield* Effect.provide(names, context)).toEqual(all)
        expect(lines.filter((line) => line.includes(".db"))).toEqual([`The store is ${file}`])
      })
  )
})
