/** The database file of every release opens, is migrated, and keeps its rows. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Embedded } from "../../../../src/embedded.js"
import { schemaVersion } from "../../../../src/engine/storage/sqlite/Migrations.js"
import { Julep } from "../../../../src/index.js"
import * as Scripted from "../../../../src/layers/Scripted.js"
import { faultsOf, temporaryFile } from "../../../soak/support/database.js"
import { contents } from "../../../support/storeFixture.js"
import { strictFaults } from "../../../support/strictEndpoint.js"
import { backgroundOf, chat, lastRequest } from "../../../support/turns.js"

const folder = fileURLToPath(new URL("../../../fixtures", import.meta.url))
const files = fs.readdirSync(folder).filter((name) => name.endsWith(".db"))

describe("the files of earlier releases", () => {
  it("this release has one", () => {
    // Written by `npx tsx scripts/fixture.ts`. A released file is never written again.
    expect(files).toContain(`store-v${schemaVersion}.db`)
  })

  it.scopedLive.each(files)("%s", (name) =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      fs.copyFileSync(path.join(folder, name), file)
      const held: unknown = JSON.parse(fs.readFileSync(path.join(folder, name.replace(/db$/, "json")), "utf8"))
      const model = Scripted.layer(() => Scripted.reply("Still here."))
      yield* Effect.gen(function* () {
        expect(yield* contents).toMatchObject(Object(held))
        const [session] = yield* Effect.flatMap(Julep, ({ sessions }) => sessions.list())
        if (session === undefined) return yield* Effect.dieMessage("the file has no session")
        yield* chat(session.id, "When is high water, and where do I keep my sloop?")
        const request = yield* lastRequest
        expect(strictFaults(request)).toEqual([])
        for (const recalled of ["High water is at six", "red sails", "I keep my sloop in the eastern channel."])
          expect(backgroundOf(request)).toContain(recalled)
      }).pipe(
        Effect.provide([Embedded.layer({ storage: { file }, model }), model]),
        Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))
      )
      expect(yield* faultsOf(file)).toEqual([])
      const backup = fs.readdirSync(path.dirname(file)).some((each) => each.includes(".before-v"))
      expect(backup).toBe(name !== `store-v${schemaVersion}.db`)
    })
  )
})
