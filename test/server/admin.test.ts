/** The operator's side of a server: `/admin`, and the keys that it makes. */
import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Scripted from "../../src/layers/Scripted.js"
import { temporaryFile } from "../soak/support/database.js"
import { latch, soon } from "../support/latches.js"
import { ask, complete, createAgent, KEY, servedPort, withKey } from "../support/serving.js"

const ONE = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"

const OTHER = "0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70"

const post = (body: object, headers = withKey()): RequestInit => ({
  ...createAgent(headers),
  body: JSON.stringify(body)
})

/** Makes a key of a developer, and returns it with its id. */
const keyOf = (port: number, name: string, developer_id = ONE, operator = withKey()) =>
  Effect.map(ask(port, "/admin/keys", post({ name, developer_id }, operator)), ({ json, status }) => {
    expect([status, json]).toMatchObject([201, { id: expect.any(String), key: expect.any(String), name, developer_id }])
    const { id, key } = Object(json)
    return { id: String(id), key: String(key), headers: { authorization: `Bearer ${key}` } }
  })

const revoke = (port: number, id: string) => ask(port, `/admin/keys/${id}`, { method: "DELETE", headers: withKey() })

describe("a key of a developer", () => {
  it.scopedLive("is made by the operator, acts for its developer, and is refused once it is revoked", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const { headers, id, key } = yield* keyOf(port, "laptop")
      yield* ask(port, "/agents", createAgent(headers))
      expect((yield* ask(port, "/agents", { headers })).json).toMatchObject({ items: [{ name: "Ada" }] })
      expect((yield* ask(port, "/agents", { headers: withKey() })).json).toEqual({ items: [] })
      const other = { ...headers, "x-developer-id": "00000000-0000-0000-0000-000000000000" }
      expect((yield* ask(port, "/agents", { headers: other })).json).toMatchObject({
        error: { code: "WRONG_DEVELOPER" }
      })
      const { text } = yield* ask(port, "/admin/keys", { headers: withKey() })
      expect(JSON.parse(text)).toMatchObject({ items: [{ id, name: "laptop", used_at: expect.any(String) }] })
      expect(text).not.toContain(key)
      expect((yield* revoke(port, id)).json).toEqual({ id })
      expect((yield* ask(port, "/agents", { headers })).status).toBe(403)
      expect((yield* revoke(port, id)).status).toBe(404)
    })
  )

  it.scopedLive("never follows the header of a gateway, which the operator's key follows", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ keys: { operator: KEY, trustDeveloperHeader: true } })
      const { headers } = yield* keyOf(port, "laptop", ONE, withKey({ "x-developer-id": OTHER }))
      expect((yield* ask(port, "/agents", { headers })).status).toBe(200)
      expect((yield* ask(port, "/agents", { headers: { ...headers, "x-developer-id": OTHER } })).status).toBe(403)
    })
  )

  it.scopedLive("is not that of the operator", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const { headers } = yield* keyOf(port, "laptop")
      for (const init of [{ headers }, post({ name: "mine" }, headers)]) {
        const refused = yield* ask(port, "/admin/keys", init)
        expect([refused.status, refused.json]).toMatchObject([403, { error: { code: "NOT_OPERATOR" } }])
      }
      expect((yield* ask(port, "/admin/keys")).json).toMatchObject({ error: { code: "UNAUTHORIZED" } })
    })
  )

  it.scopedLive("that is revoked ends its open streams with an error event; those of others go on", () =>
    Effect.gen(function* () {
      const reached = [latch(), latch()]
      let calls = 0
      const step: Scripted.StepFunction = () => {
        reached[calls++]?.open()
        return () => Stream.concat(Stream.make({ _tag: "Text", text: "Half " } as const), Stream.never)
      }
      const port = yield* servedPort({ model: Scripted.layer(step) })
      const { headers, id } = yield* keyOf(port, "laptop")
      const streaming = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(true, headers)))
      const other = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(true)))
      yield* soon("the model is asked twice")(Effect.forEach(reached, ({ opened }) => opened))
      yield* revoke(port, id)
      expect((yield* soon("the stream ends")(Fiber.join(streaming))).text).toContain('"code":"KEY_REVOKED"')
      expect(yield* Fiber.poll(other)).toMatchObject({ _tag: "None" })
      yield* Fiber.interrupt(other)
    })
  )
})

describe("/admin", () => {
  it.scopedLive("copies the store to a new file, and embeds docs again", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const port = yield* servedPort({ storage: { file } })
      const copy = `${file}.copy`
      const copied = yield* ask(port, "/admin/backup", post({ file: copy }))
      expect([copied.status, copied.json]).toEqual([201, { file: copy }])
      expect(fs.existsSync(copy)).toBe(true)
      const again = yield* ask(port, "/admin/backup", post({ file: copy }))
      expect([again.status, again.json]).toMatchObject([400, { error: { code: "NOT_BACKED_UP" } }])
      const reindexed = yield* ask(port, "/admin/reindex", { method: "POST", headers: withKey() })
      expect([reindexed.status, reindexed.json]).toEqual([202, { docs: 0 }])
    })
  )

  it.scopedLive("refuses what does not fit its schema, and has no other routes", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      expect((yield* ask(port, "/admin/keys", post({ name: "" }))).status).toBe(422)
      expect((yield* ask(port, "/admin/keys/7", { method: "DELETE", headers: withKey() })).status).toBe(422)
      expect((yield* ask(port, "/admin/backup", { ...post({}), body: "no JSON" })).status).toBe(422)
      expect((yield* ask(port, "/admin/elsewhere", { headers: withKey() })).status).toBe(404)
      expect((yield* ask(port, "/api/admin/keys", { headers: withKey() })).status).toBe(404)
    })
  )
})
