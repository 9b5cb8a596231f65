import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { json } from "node:stream/consumers"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { serve } from "../../src/cli/serve/serve.js"
import { TEXTS } from "../../src/engine/usecases/recall/Paraphrases.js"
import { answering, cli } from "../support/cli.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const developer = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"

describe("the commands of the operator, through the server that has the store open", () => {
  it.scopedLive("make keys, list and revoke them, copy the store and embed its docs again", () =>
    Effect.gen(function* () {
      const store = path.join(folder, "served.db")
      const db = `--db ${store}`
      const data = '{"name":"Ada","docs":[{"title":"Tea","content":"Four minutes."}]}'
      yield* cli(`agents create --data '${data}' ${db}`)
      const options = { host: "127.0.0.1", port: 0, engine: { storage: { file: store }, model: "offline" as const } }
      const { url } = yield* serve({ ...options, server: { accessLog: false } })

      const made = JSON.parse((yield* cli(`keys create --name app --json ${db}`)).out)
      const asApp = { env: { JULEP_API_URL: url, JULEP_API_KEY: made.key } }
      expect(JSON.parse((yield* cli("agents list --json", asApp)).out)).toMatchObject({ name: "Ada" })
      // It is not the operator's key.
      expect((yield* cli("keys list", asApp)).code).toBe(4)
      expect((yield* cli(`keys list ${db}`)).out).toMatch(/app +valid/)
      expect((yield* cli(`keys revoke ${made.id} ${db}`)).code).toBe(0)
      expect((yield* cli(`keys revoke ${made.id} ${db}`)).code).toBe(3)

      const copy = path.join(folder, "served-copy.db")
      expect(yield* cli(`backup ${copy} ${db}`)).toEqual({ code: 0, out: `The copy is ${copy}.\n`, err: "" })
      const again = yield* cli(`backup ${copy} ${db}`)
      expect(again.code).toBe(2)
      expect(again.err).toContain("exists")
      expect((yield* cli(`agents get Ada --db ${copy}`)).code).toBe(0)
      const reindexed = yield* cli(`reindex ${db}`)
      expect(reindexed).toEqual({ code: 0, out: "The server embeds 1 doc again, in the background.\n", err: "" })
      const withoutEmbedder = yield* cli(`reindex --without-embedder ${db}`)
      expect(withoutEmbedder).toMatchObject({
        code: 2,
        err: expect.stringContaining("--without-embedder works on a store that no server has open: stop the server")
      })
    })
  )
})

describe("the commands of the operator, on a store", () => {
  it.live("make keys, list and revoke them", () =>
    Effect.gen(function* () {
      const db = `--db ${path.join(folder, "keys.db")}`
      const made = yield* cli(`keys create --name app --developer ${developer.toUpperCase()} --expires '90 days' ${db}`)
      expect(made.code).toBe(0)
      expect(made.out).toMatch(/^jlp_\w{40,}\n$/)
      expect(made.err).toContain(`acts for developer ${developer}. It is not shown again`)
      expect(made.err).not.toContain(made.out.trim())
      const other = JSON.parse((yield* cli(`keys create --name other --json ${db}`)).out)
      expect(other.key).toMatch(/^jlp_/)
      expect((yield* cli(`keys revoke ${other.id} ${db}`)).code).toBe(0)
      expect((yield* cli(`keys revoke ${other.id} ${db}`)).code).toBe(3)
      const { out } = yield* cli(`keys list ${db}`)
      expect(out).toMatch(/other +revoked/)
      expect(out).toMatch(/app +valid/)
      expect(out).not.toContain("jlp_")
      expect((yield* cli(`keys list --json ${db}`)).out).not.toContain("jlp_")
    })
  )

  it.live.each([
    ["--name ''", "--name must have 1 to 200 characters"],
    ["--name a --expires soon", '--expires must be a time such as 2027-01-31, or a duration such as "90 days"'],
    ["--name a --expires 1999-01-01", "--expires is in the past: 1999-01-01T00:00:00.000Z."],
    ["--name a --developer me", '--developer must be a UUID, not "me".']
  ] as const)("refuse keys create %s", ([options, message]) =>
    Effect.gen(function* () {
      const { code, err } = yield* cli(`keys create ${options} --db ${path.join(folder, "refused.db")}`)
      expect(code).toBe(2)
      expect(err).toContain(message)
    })
  )

  it.scopedLive("copy a store, and embed its docs again", () =>
    Effect.gen(function* () {
      const db = `--db ${path.join(folder, "store.db")}`
      const copy = path.join(folder, "copy.db")
      const data = '{"name":"Ada","docs":[{"title":"Tea","content":"Four minutes."}]}'
      yield* cli(`agents create --data '${data}' ${db}`)
      expect(yield* cli(`backup ${copy} ${db}`)).toEqual({ code: 0, out: `The copy is ${copy}.\n`, err: "" })
      expect((yield* cli(`agents get Ada --db ${copy}`)).code).toBe(0)
      const again = yield* cli(`backup ${copy} ${db}`)
      expect(again).toEqual({ code: 2, out: "", err: `The file ${copy} exists already. Name a new one.\n` })
      const refused = yield* cli(`reindex ${db}`)
      expect(refused).toMatchObject({
        code: 2,
        err: expect.stringContaining("There is no embedder: set DOCS_EMBEDDING")
      })
      const deleted = yield* cli(`reindex --without-embedder ${db}`)
      expect(deleted).toEqual({ code: 0, out: "Deleted the vectors of 1 doc.\n", err: "" })
      const inputs: Array<unknown> = []
      const url = yield* answering(async (request, response) => {
        const { input } = Object(await json(request))
        inputs.push(...input)
        const data = input.map((_text: string, index: number) => ({ index, embedding: [1, 0, 0] }))
        response.setHeader("content-type", "application/json")
        response.end(JSON.stringify({ data }))
      })
      const embedded = yield* cli(`reindex ${db}`, { env: { DOCS_EMBEDDING_SERVICE_URL: url } })
      expect(embedded).toEqual({ code: 0, out: "Embedded 1 doc again.\n", err: "" })
      // A second answer confirms the length of the vectors, which no variable names.
      expect(inputs.filter((text) => !TEXTS.includes(String(text)))).toEqual(["Tea\n\nFour minutes.", "text"])
      const shown = yield* cli(`reindex --without-embedder --json ${db}`, { errorIsTerminal: true })
      expect(shown.out).toBe('{"docs":1,"done":true}\n')
      expect(shown.err).toContain(`Docs [${"#".repeat(24)}] 1 of 1`)
      expect(shown.err.endsWith("\r\u001b[2K")).toBe(true)
    })
  )
})
