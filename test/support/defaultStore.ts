// Run by embedded.processes.test.ts as a separate process in an empty folder: starts an engine with every default, twice.
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"

const GITIGNORE = ".julep/.gitignore"

const run = Effect.gen(function* () {
  const { agents } = yield* Julep
  yield* agents.create({ name: "Ada" })
  return (yield* agents.list()).map(({ name }) => name)
}).pipe(
  Effect.provide(Embedded.layer()),
  Effect.map((names) => ({ names, ignored: fs.readFileSync(GITIGNORE, "utf8") }))
)

const program = Effect.gen(function* () {
  const first = yield* run
  fs.writeFileSync(GITIGNORE, "mine\n")
  process.stdout.write(JSON.stringify([first, yield* run]))
})

Effect.runPromise(Effect.provide(program, Logger.replace(Logger.defaultLogger, Logger.none)))
