/** What `doctor` finds, and what it says to do. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import Database from "libsql"
import { schemaVersion } from "../../src/engine/storage/sqlite/Migrations.js"
import { temporaryFolder } from "../engine/storage/support/store.js"
import { cli, type Surroundings } from "../support/cli.js"
import { json, serve } from "../support/loopback.js"
import { KEY, servedPort } from "../support/serving.js"

const offline = "--model offline"

/** A store with an agent. */
const scene = Effect.gen(function* () {
  const store = path.join(yield* temporaryFolder, "store.db")
  yield* cli(`agents create --name Ada --db ${store}`)
  return { store, db: `--db ${store}` }
})

const doctor = (line: string, surroundings: Surroundings = {}) =>
  Effect.map(cli(`doctor --json ${line}`, surroundings), ({ code, err, out }) => {
    const lines: ReadonlyArray<Record<string, string>> = out
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each))
    const found = new Map(lines.map(({ message, state, what }) => [what, `${state}: ${message}`]))
    return { code, err, out, of: (what: string) => found.get(what) }
  })

describe("doctor", () => {
  it.scopedLive("finds everything in order, and prints it for people", () =>
    Effect.gen(function* () {
      const { db, store } = yield* scene
      const { code, err, out } = yield* cli(`doctor ${offline} ${db}`)
      expect([code, err]).toEqual([0, ""])
      expect(out).toMatch(/^ok {7}node {6}Node \d+\.\d+\.\d+\.$/m)
      expect(out).toContain(`${store} is whole, and all of its texts can be read.`)
      expect(out).toMatch(new RegExp(`^ok {7}schema {4}Version ${schemaVersion}\\.$`, "m"))
      expect(out).toContain("There is none: docs are found by their words alone.")
      const before = yield* doctor(`${offline} --db ${path.join(path.dirname(store), "none.db")}`)
      expect([before.code, before.of("store")]).toEqual([0, expect.stringContaining("warning: There is none at ")])
    })
  )

  it.scopedLive("finds a key that others can read, a newer schema, damage, and a file that is not a store", () =>
    Effect.gen(function* () {
      const { db, store } = yield* scene
      fs.writeFileSync(`${store}.key`, "secret-of-a-key\n", { mode: 0o644 })
      const changed = new Database(store)
      changed.exec(`INSERT INTO schema_versions VALUES (${schemaVersion + 1}, 1, ${schemaVersion + 1})`)
      changed.exec("UPDATE agents SET about = CAST(x'ff' AS TEXT)")
      changed.close()
      const { code, err, of, out } = yield* doctor(`${offline} ${db}`)
      expect([code, err]).toEqual([1, "There are 3 problems.\n"])
      expect(of("key")).toBe(
        `problem: Other users can read ${store}.key. Let only its owner read it: chmod 600 ${store}.key`
      )
      expect(of("schema")).toContain(`problem: A newer release wrote it, with version ${schemaVersion + 1}`)
      expect(of("texts")).toContain("the first is about of row 1 of agents")
      expect(out).not.toContain("secret-of-a-key")
      fs.writeFileSync(store, "text ".repeat(3000))
      const other = yield* doctor(`${offline} ${db}`)
      expect([other.code, other.of("store")]).toEqual([1, expect.stringContaining("is not a database")])
    })
  )

  it.scopedLive("asks the model and the embedder once each, and never prints a key", () =>
    Effect.gen(function* () {
      const { db, store } = yield* scene
      const endpoint = yield* serve(({ path }, response, index) => {
        if (index > 2) return json(response, 401, { error: { message: "The key secret-of-a-key is wrong." } })
        if (path.endsWith("/embeddings")) return json(response, 200, { data: [{ index: 0, embedding: [1, 0] }] })
        return json(response, 200, {
          choices: [{ index: 0, message: { role: "assistant", content: "yes" }, finish_reason: "stop" }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
        })
      })
      const env = {
        MODEL_INFERENCE_URL: `${endpoint.origin}/v1`,
        MODEL_API_KEY: "secret-of-a-key",
        MODEL_NAME: "tiny",
        DOCS_EMBEDDING_SERVICE_URL: `${endpoint.origin}/v1`,
        EMBEDDING_API_KEY: "secret-of-a-key"
      }
      const good = yield* doctor(db, { env })
      expect([good.code, good.of("model"), good.of("embedder")]).toEqual([
        0,
        `ok: tiny at 127.0.0.1:${endpoint.port} answers.`,
        "ok: BAAI/bge-m3 answers with vectors of length 2."
      ])
      expect(endpoint.received).toHaveLength(2)
      const vectors = new Database(store)
      vectors.exec("INSERT INTO vector_spaces (developer_id, name, dimensions) VALUES ('d', 'BAAI/bge-m3', 3)")
      vectors.close()
      const mixed = yield* doctor(`${offline} ${db}`, { env })
      expect([mixed.code, mixed.of("embedder")]).toEqual([
        1,
        expect.stringContaining("vectors of length 2, and the store has those of BAAI/bge-m3, of length 3.")
      ])
      const bad = yield* doctor(db, { env })
      expect([bad.code, bad.err]).toEqual([1, "There are 2 problems.\n"])
      expect(bad.of("model")).toMatch(/^problem: tiny at /)
      expect(bad.out).not.toContain("secret-of-a-key")
    })
  )

  it.scopedLive("asks the reranker, if there is one", () =>
    Effect.gen(function* () {
      const { db } = yield* scene
      const endpoint = yield* serve((_request, response, index) =>
        index === 0
          ? json(
              response,
              200,
              [0, 1].map((index) => ({ index, score: index }))
            )
          : json(response, 401, { error: "The key secret-of-a-key is wrong." })
      )
      const env = { RERANK_SERVICE_URL: endpoint.origin, RERANK_API_KEY: "secret-of-a-key" }
      expect((yield* doctor(`${offline} ${db}`)).of("reranker")).toBe(undefined)
      const good = yield* doctor(`${offline} ${db}`, { env })
      expect([good.code, good.of("reranker")]).toEqual([0, "ok: It answers with a score for each text."])
      const bad = yield* doctor(`${offline} ${db}`, { env })
      expect([bad.code, bad.of("reranker")]).toEqual([1, expect.stringContaining("problem: ")])
      expect(bad.out).not.toContain("secret-of-a-key")
    })
  )

  it.scopedLive("checks a server, and does not open the store that a process has open", () =>
    Effect.gen(function* () {
      const url = `http://127.0.0.1:${yield* servedPort()}`
      const remote = yield* doctor(`--url ${url}`, { env: { JULEP_API_KEY: KEY } })
      expect([remote.code, remote.of("server")]).toEqual([0, `ok: ${url} answers, and accepts the key.`])
      expect(remote.of("store")).toBeUndefined()
      const refused = yield* doctor(`--url ${url}`, { env: { JULEP_API_KEY: "another-key" } })
      expect([refused.code, refused.of("server")]).toEqual([1, expect.stringContaining("problem: ")])
      const { db, store } = yield* scene
      fs.writeFileSync(`${store}.lock.pid`, `${process.ppid}\n`)
      const { code, of } = yield* doctor(`${offline} ${db}`)
      expect([code, of("store")]).toEqual([0, expect.stringContaining(`Process ${process.ppid} has ${store} open`)])
    })
  )
})
