/** The playground, built from the sources for a test or for pictures. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { PlaygroundFiles } from "../../src/server/playground.js"

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-playground-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** The files of the page by their names, as a server takes them. */
export class BuiltPage extends Context.Tag("test/BuiltPage")<BuiltPage, PlaygroundFiles>() {
  static readonly layer = Layer.scoped(
    BuiltPage,
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      // Vite is not loaded where the tests are skipped.
      yield* Effect.promise(async () => (await import("../../scripts/playground.mjs")).buildPlayground(folder))
      const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" })
      const files = names.filter((name) => fs.statSync(path.join(folder, name)).isFile())
      return new Map(files.map((name) => [name.replaceAll(path.sep, "/"), fs.readFileSync(path.join(folder, name))]))
    })
  )
}
