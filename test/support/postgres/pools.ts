/** Pools that stay open between the tests of a file: a new connection plans each statement anew, which takes longer than to run it. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { afterAll } from "vitest"
import * as Registry from "../../../src/engine/storage/postgres/driver/Registry.js"

/** Keeps the pool of each URL open that is passed on, as engines with this size of pool open it, until the last test. */
export const keptPools = (poolSize?: number) => {
  const scope = Effect.runSync(Scope.make())
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return (url: string): Effect.Effect<string> =>
    Registry.acquire({ url: Redacted.make(url), ...(poolSize !== undefined && { poolSize }) }).pipe(
      Scope.extend(scope),
      Effect.as(url),
      Effect.orDie
    )
}
