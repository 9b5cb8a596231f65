/** Every POST, PUT and PATCH of the API under an idempotency key, and what is open while it waits. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { EngineApp } from "../../../src/engine/http/EngineApp.js"
import * as InProcess from "../../../src/engine/http/InProcess.js"
import { openApi } from "../../../src/engine/http/openapi/Document.js"
import { JobRunner } from "../../../src/engine/jobs/JobRunner.js"
import { Embedder } from "../../../src/engine/ports/Embedder.js"
import * as Registry from "../../../src/engine/storage/libsql/Registry.js"
import * as EngineComposition from "../../../src/layers/EngineComposition.js"
import { ORIGIN } from "../../../src/layers/EngineOptions.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { temporaryFile } from "../../soak/support/database.js"
import { modelReply } from "../../support/turns.js"
import { wordVectors } from "../../support/wordVectors.js"

/** A fiber inside a transaction has it in its context. */
const isInTransaction = Effect.map(Effect.context<never>(), ({ unsafeMap }) =>
  [...unsafeMap.keys()].some((key) => key.startsWith("effect-julep/LibsqlClient/Transaction/"))
)

/** What the model and the embedder were asked, and what of it inside a transaction. */
const watch = () => {
  const [asked, inside]: [Array<string>, Array<string>] = [[], []]
  const seen = (what: string) =>
    Effect.map(isInTransaction, (open) => {
      asked.push(what)
      if (open) inside.push(what)
    })
  return { asked, inside, seen }
}

const ASKS_FOR_A_CALL = "Refund my order."

/** An engine on a file, the database behind it, and raw requests to it. */
const scene = Effect.gen(function* () {
  const file = yield* temporaryFile
  const { asked, inside, seen } = watch()
  const { service } = wordVectors()
  const embedder: Embedder.Service = {
    ...service,
    embed: (texts) => Effect.zipRight(seen(`embed ${texts.join()}`), service.embed(texts))
  }
  const model = Scripted.layer(({ messages }) => {
    const { content } = { content: "", ...messages.at(-1) }
    const reply = String(content).endsWith(ASKS_FOR_A_CALL)
      ? { ...modelReply(""), tool_calls: [{ id: "c1", name: "refund", arguments: "{}" }] }
      : modelReply("ok")
    return Effect.as(seen(`complete ${content}`), reply)
  })
  const context = yield* Layer.build(
    Layer.provideMerge(
      EngineComposition.engine({
        storage: { file },
        model,
        name: "scripted",
        embedder: Layer.succeed(Embedder, Option.some(embedder))
      }),
      Registry.layer({ filename: file })
    )
  )
  const { app, runner, sql } = yield* Effect.provide(
    Effect.all({ app: EngineApp, runner: JobRunner, sql: SqlClient.SqlClient }),
    context
  )
  const client = InProcess.make(app, ORIGIN).pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl(ORIGIN)),
    HttpClient.transformResponse(Effect.orDie)
  )
  const send = (operation: string, json: object, key?: string) => {
    const [method = "", path = ""] = operation.split(" ")
    return HttpClientRequest.make(method as "POST")(path).pipe(
      HttpClientRequest.bodyUnsafeJson(json),
      key === undefined ? (same) => same : HttpClientRequest.setHeader("idempotency-key", key),
      client.execute,
      Effect.flatMap(({ status, text }) => Effect.map(text, (body) => ({ status, body }))),
      Effect.orDie
    )
  }
  const tables = yield* sql<{ readonly name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'
    AND name NOT LIKE '%\\_fts%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`
  /** Every row, once the jobs are done. */
  const rows = Effect.zipRight(
    runner.drain,
    Effect.forEach(tables, ({ name }) => Effect.map(sql`SELECT * FROM ${sql(name)}`, (all) => [name, all]))
  )
  return { asked, inside, rows, send, sql }
})

const doc = { title: "Lighthouse", content: "The lighthouse burns whale oil." }
const tool = { type: "function", function: { name: "refund", parameters: {} } }
const turn = { messages: [{ role: "user", content: "Which oil does the lighthouse burn?" }] }
const completion = { model: "scripted", ...turn }

/** A body for every operation that takes a key, by its method and path in the document. */
const bodies = (agent_id: string, user_id: string, message: string): Readonly<Record<string, object>> => ({
  "POST /agents": { name: "Ada", docs: [doc], tools: [tool] },
  "PUT /agents": { key: "support", name: "Ada", docs: [{ ...doc, key: "lamp" }], tools: [tool] },
  "PUT /agents/{agent_id}": { name: "Bea", about: "" },
  "PATCH /agents/{agent_id}": { name: "Cid" },
  "POST /agents/{agent_id}/docs": doc,
  "PUT /agents/{agent_id}/docs": { docs: [{ ...doc, key: "oil" }], prune: true },
  "POST /agents/{agent_id}/docs/search": { query: "whale" },
  "POST /agents/{agent_id}/memories": { content: "The lighthouse is white.", user_id },
  "POST /agents/{agent_id}/tools": tool,
  "PUT /agents/{agent_id}/tools/{tool_id}": { function: tool.function },
  "PATCH /agents/{agent_id}/tools/{tool_id}": { function: { description: "Pays back" } },
  "POST /users": { name: "Sam", docs: [doc] },
  "PUT /users/{user_id}": { name: "Tim", about: "" },
  "PATCH /users/{user_id}": { name: "Uma" },
  "POST /users/{user_id}/docs": doc,
  "PUT /users/{user_id}/docs": { docs: [{ ...doc, key: "oil" }], prune: true },
  "POST /users/{user_id}/docs/search": { query: "whale" },
  "POST /sessions": { agent_id, user_id },
  "PUT /sessions/{session_id}": { situation: "At sea" },
  "PATCH /sessions/{session_id}": { situation: "Ashore" },
  "POST /sessions/{session_id}/claims": { message_ids: [message], take_over_after: 0 },
  "POST /sessions/{session_id}/chat": turn,
  "POST /sessions/{session_id}/render": turn,
  "POST /v1/chat/completions": completion,
  "POST /v1/completions": { model: "scripted", prompt: "Which oil?" },
  "POST /v1/embeddings": { model: "words", input: "Which oil?" }
})

/** The operations that write nothing. They run again under the same key. */
const reading = [
  "POST /agents/{agent_id}/docs/search",
  "POST /users/{user_id}/docs/search",
  "POST /sessions/{session_id}/render"
]

/** Every operation of the document that takes a key, but one that this engine has not: only an endpoint answers it. */
const documented = Object.entries(Object(openApi["paths"])).flatMap(([path, methods]) =>
  Object.keys(Object(methods)).flatMap((method) =>
    ["post", "put", "patch"].includes(method) && path !== "/v1/responses" ? [`${method.toUpperCase()} ${path}`] : []
  )
)

/** An agent with a tool, a user, and a session whose last message is an open call. */
const seed = ({ send }: Effect.Effect.Success<typeof scene>) =>
  Effect.gen(function* () {
    const made = (operation: string, json: object) => Effect.map(send(operation, json), ({ body }) => JSON.parse(body))
    const { id: agent_id } = yield* made("POST /agents", { name: "Ada", docs: [doc] })
    const { id: user_id } = yield* made("POST /users", { name: "Sam", docs: [doc] })
    const { id: tool_id } = yield* made(`POST /agents/${agent_id}/tools`, tool)
    const { id: session_id } = yield* made("POST /sessions", { agent_id, user_id })
    const asks = { messages: [{ role: "user", content: ASKS_FOR_A_CALL }] }
    const { response } = yield* made(`POST /sessions/${session_id}/chat`, asks)
    const ids: Readonly<Record<string, string>> = { agent_id, session_id, tool_id, user_id }
    const fill = (operation: string) => operation.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "")
    return Object.entries(bodies(agent_id, user_id, response[0][0].id)).map(([operation, body]) => ({
      operation,
      route: fill(operation),
      body
    }))
  })

describe("every POST, PUT and PATCH", () => {
  it.scopedLive("under a key is answered the same, and done once; one with another body is a conflict", () =>
    Effect.gen(function* () {
      const engine = yield* scene
      const { asked, rows, send } = engine
      const table = yield* seed(engine)
      expect(table.map(({ operation }) => operation).toSorted()).toEqual(documented.toSorted())
      const [faults, again]: [Array<unknown>, Array<string>] = [[], []]
      for (const { body, operation, route } of table) {
        const first = yield* send(route, body, "k")
        if (first.status >= 300) faults.push([operation, first])
        const before = [yield* rows, [...asked]]
        const second = yield* send(route, body, "k")
        if (second.status !== first.status || second.body !== first.body) faults.push([operation, first, second])
        const read = reading.includes(operation)
        const after = [yield* rows, read ? before[1] : [...asked]]
        if (JSON.stringify(after) !== JSON.stringify(before)) faults.push([operation, before, after])
        const { status } = yield* send(route, { ...body, another: 1 }, "k")
        if (status !== 409) again.push(operation)
      }
      expect(faults).toEqual([])
      expect(again.toSorted()).toEqual(reading.toSorted())
    })
  )

  it.scopedLive("is one transaction with its reply, but a sync of docs, which others need not wait for", () =>
    Effect.gen(function* () {
      const engine = yield* scene
      const { rows, send, sql } = engine
      const table = yield* seed(engine)
      yield* sql`CREATE TRIGGER fail BEFORE INSERT ON replies BEGIN SELECT RAISE(ABORT, 'no reply today'); END`
      const left: Array<string> = []
      for (const { body, operation, route } of table.filter(
        (each) => !/chat|claims|\/v1\/|render|search/.test(each.operation)
      )) {
        const before = yield* rows
        expect([operation, (yield* send(route, body, "k")).status]).toEqual([operation, 500])
        if (JSON.stringify(yield* rows) !== JSON.stringify(before)) left.push(operation)
      }
      expect(left).toEqual(["PUT /agents/{agent_id}/docs", "PUT /users/{user_id}/docs"])
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )

  it.scopedLive("asks no model and no embedder inside a transaction, with a key or without", () =>
    Effect.gen(function* () {
      const engine = yield* scene
      const { asked, inside, rows, send, sql } = engine
      expect([yield* isInTransaction, yield* sql.withTransaction(isInTransaction)]).toEqual([false, true])
      for (const { body, route } of yield* seed(engine)) {
        expect([route, (yield* send(route, body)).status]).toEqual([route, expect.toSatisfy((status) => status < 300)])
        yield* send(route, body, "k")
      }
      yield* rows
      expect(asked.filter((what) => what.startsWith("embed whale"))).toHaveLength(4)
      expect(asked.filter((what) => what.startsWith("complete")).length).toBeGreaterThan(4)
      expect(inside).toEqual([])
    })
  )
})
