/** The engine of the demo: a temporary database file and the offline model. It reads nothing from the environment. */
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

/** Runs a program on a database that is deleted at the end, also if the program fails or is interrupted. */
export const withTemporaryEngine = <A, E>(
  program: Effect.Effect<A, E, Julep>
): Effect.Effect<A, E | Embedded.Failure> =>
  Effect.scoped(
    Effect.flatMap(temporaryFolder, (folder) => {
      const engine = Embedded.layer({ storage: { file: join(folder, "demo.db") }, model: "offline" })
      // The demo prints the facts that the engine logs when it starts.
      return Effect.provide(program, Layer.provide(engine, Logger.minimumLogLevel(LogLevel.Warning)))
    })
  )

/** The engine and the offline model never wait. A pause lets the process write its output and handle Ctrl-C. */
export const pause = Effect.sleep(0)
