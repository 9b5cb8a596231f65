/** `<store>.serve`: where the server of a store listens, for commands that find its file locked. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { servingFile } from "../serving.js"

const remove = (file: string) => Effect.sync(() => fs.rmSync(file, { force: true }))

/**
 * Writes the file of a store, which only its owner can read, until the scope closes. The caller has the store open, so no
 * other process writes it, and one that is there is that of a server that was killed.
 */
export const written = (store: string, url: string): Effect.Effect<void, never, Scope.Scope> => {
  const file = servingFile(store)
  const write = Effect.sync(() =>
    fs.writeFileSync(file, `${JSON.stringify({ url, pid: process.pid })}\n`, { flag: "wx", mode: 0o600 })
  )
  // To write over a file would keep its rights.
  return Effect.acquireRelease(Effect.zipRight(remove(file), write), () => remove(file))
}
