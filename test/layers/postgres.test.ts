/** A PostgreSQL database in place of a file: the options and the variable are the whole change. */
import { expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import { Client } from "../../src/promise/index.js"
import { emptySchema } from "../support/postgres/schemas.js"
import { onPostgres } from "../support/postgres.js"

const names = Effect.flatMap(Julep, ({ agents }) => agents.list()).pipe(
  Effect.map((agents) => agents.map(({ name }) => name).toSorted())
)
const create = (name: string) => Effect.flatMap(Julep, ({ agents }) => agents.create({ name }))

onPostgres("an engine on PostgreSQL", (server) => {
  it.scopedLive("takes the URL of an option or of JULEP_DATABASE_URL, and names the database in the log once", () =>
    Effect.gen(function* () {
      const url = new URL(yield* emptySchema(server))
      if (url.password === "") url.password = "hunter2"
      const lines: Array<string> = []
      const log = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => void lines.push(String(message)))
      )
      const env = Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["JULEP_DATABASE_URL", url.href]])))
      const options: ReadonlyArray<Embedded.Options> = [
        { storage: { url: url.href } },
        { storage: { url: Redacted.make(url.href) } },
        {}
      ]
      const open = yield* Effect.forEach(
        options,
        (one, at) =>
          Effect.tap(Layer.build(Layer.provide(Embedded.layer({ ...one, model: "offline" }), env)), (context) =>
            Effect.provide(create(`Agent ${at}`), context)
          ),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(log))
      for (const context of open)
        expect(yield* Effect.provide(names, context)).toEqual(["Agent 0", "Agent 1", "Agent 2"])
      const database = `${url.protocol}//${url.username}@${url.host}${url.pathname}`
      expect(lines.filter((line) => line.startsWith("The store is "))).toEqual([`The store is ${database}`])
      expect(lines.join("\n")).not.toContain(url.password)
      const docs = yield* Embedded.reindex({ storage: { url: url.href }, embedder: "none" })
      expect(docs).toBe(0)
    })
  )

  it.scopedLive(
    "has parameters of its own in the URL: a pool of one connection serves a conversation, without prepared statements, too",
    () =>
      Effect.gen(function* () {
        const url = new URL(yield* emptySchema(server))
        url.searchParams.set("pool_size", "1")
        url.searchParams.set("prepared", "false")
        const client = Client.embedded({ storage: { url: url.href }, model: "offline" })
        const reply = yield* Effect.promise(async () => {
          const agent = await client.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Four minutes." }] })
          const session = await client.sessions.create({ agent_id: agent.id })
          const [first] = await Promise.all([
            client.sessions.chat(session.id, "Tea?"),
            client.sessions.chat(session.id, "Tea?")
          ])
          await client.close()
          return first
        })
        expect(JSON.stringify(reply)).toContain("Four minutes.")
      })
  )
})
