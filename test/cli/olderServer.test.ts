/** An export of a server that has the API of v0.3 and nothing else. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "../engine/storage/support/store.js"
import { cli } from "../support/cli.js"
import { json, serve } from "../support/loopback.js"
import { KEY, serveEngine } from "../support/servedEngine.js"

describe("export of a server without /admin", () => {
  it.scopedLive("has what its API has, and can be imported", () =>
    Effect.gen(function* () {
      const url = yield* serveEngine({ model: "offline" })
      const at = { env: { JULEP_API_URL: url, JULEP_API_KEY: KEY } }
      const agent = {
        name: "Ada",
        instructions: ["Be brief."],
        default_settings: { temperature: 0.5 },
        docs: [{ title: "Tea", content: "Four minutes." }],
        tools: [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }]
      }
      const { id } = JSON.parse((yield* cli(`agents create --data '${JSON.stringify(agent)}' --json`, at)).out)
      yield* cli("users create --name Sam", at)
      const session = JSON.parse((yield* cli(`sessions create --agent ${id} --user Sam --json`, at)).out)
      yield* Effect.promise(() =>
        fetch(`${url}/sessions/${session.id}/chat`, {
          method: "POST",
          headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
          body: JSON.stringify({ messages: [{ role: "user", content: "How long do I brew tea?" }] })
        }).then((response) => response.text())
      )
      const file = path.join(yield* temporaryFolder, "older.jsonl")
      const { code, err } = yield* cli(`export ${file}`, at)
      expect(code).toBe(0)
      expect(err).toContain("which lacks memories, the keys of docs and agents, and the order of a doc's pieces.")
      expect(err).toContain(`Exported 1 agent, 1 user, 1 tool, 1 doc, 1 session and 2 messages to ${file}.`)

      const db = path.join(path.dirname(file), "new.db")
      expect((yield* cli(`import ${file} --db ${db}`)).code).toBe(0)
      const same = (line: string) =>
        Effect.gen(function* () {
          const before = yield* cli(`${line} --json`, at)
          expect(before.code).toBe(0)
          expect(JSON.parse((yield* cli(`${line} --json --db ${db}`)).out)).toEqual(JSON.parse(before.out))
        })
      yield* same(`agents get ${id}`)
      yield* same("users get Sam")
      yield* same(`sessions get ${session.id}`)
      yield* same(`tools list --agent ${id}`)
      yield* same(`docs list --agent ${id}`)
      expect((yield* cli(`sessions history ${session.id} --json --db ${db}`)).out).toBe(
        (yield* cli(`sessions history ${session.id} --json`, at)).out
      )
      expect(fs.readFileSync(file, "utf8")).not.toContain(KEY)
    })
  )

  it.scopedLive("is not made of a server that refuses its key", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* serve((_, response) => json(response, 403, { error: { message: "No." } }))
      const { code, out } = yield* cli(`export --url ${origin}`, { env: { JULEP_API_KEY: KEY } })
      expect([code, out, received.length]).toEqual([4, "", 1])
    })
  )
})
