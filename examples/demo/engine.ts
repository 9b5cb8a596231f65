/** The engine of the demo: a temporary file database and the offline model. Nothing is read from the environment. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer, Logger, LogLevel } from "effect"
import type { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), `effect-julep-demo-${process.pid}-`))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

/** Runs a program against a database that is gone afterwards, also when the program fails or is interrupted. */
export const withTemporaryEngine = <A, E>(
  program: Effect.Effect<A, E, Julep>
): Effect.Effect<A, E | Embedded.Failure> =>
  Effect.scoped(
    Effect.flatMap(temporaryFolder, (folder) => {
      const engine = Embedded.layer({ storage: { file: join(folder, "demo.db") }, model: "offline" })
      // What the engine logs when it starts, the demo says in its own words.
      return Effect.provide(program, Layer.provide(engine, Logger.minimumLogLevel(LogLevel.Warning)))
    })
  )

/** The engine and the offline model work without waiting for anything. A pause lets output and Ctrl-C through. */
export const pause = Effect.sleep(0)
