/** `listAll` pages lazily and ends, however a server treats `limit` and `offset`. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import type { Sent } from "../support/stubClient.js"

const user = (n: number) => ({ id: f.otherId(n), name: `user ${n}` })
const range = (length: number, from = 0) => Array.from({ length }, (_, index) => from + index)

/** A server with this many users, which pages as it is requested to. */
const paging = (total: number) => (sent: Sent) => {
  const [limit, offset] = [Number(sent.query["limit"]), Number(sent.query["offset"])]
  return {
    body: {
      items: range(total)
        .slice(offset, offset + limit)
        .map(user)
    }
  }
}

const names = <E>(stream: Stream.Stream<{ readonly name?: string | null }, E>) =>
  Effect.map(Stream.runCollect(stream), (items) => Chunk.toReadonlyArray(items).map(({ name }) => name))

const pages = (requests: ReadonlyArray<Sent>) => requests.map(({ query }) => `${query["offset"]}+${query["limit"]}`)

describe("listAll", () => {
  for (const [total, expected] of [
    [0, ["0+3"]],
    [2, ["0+3"]],
    [3, ["0+3", "3+3"]],
    [4, ["0+3", "3+3"]],
    [7, ["0+3", "3+3", "6+3"]]
  ] as const) {
    it.effect(`gives all of ${total} by pages of three, and ends on a short one`, () =>
      Effect.gen(function* () {
        const { julep, http } = yield* stubbed(paging(total))
        expect(yield* names(julep.users.listAll({ limit: 3 }))).toEqual(range(total).map((n) => `user ${n}`))
        expect(pages(http.requests)).toEqual(expected)
      })
    )
  }

  it.effect("requests hundreds by default, from an offset, and keeps the rest of the query", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(paging(250))
      const query = { offset: 40, metadata_filter: { tier: "gold" }, order: "asc" } as const
      expect(yield* names(julep.users.listAll(query))).toHaveLength(210)
      expect(pages(http.requests)).toEqual(["40+100", "140+100", "240+100"])
      for (const { query: sent } of http.requests) {
        expect(sent).toMatchObject({ metadata_filter: '{"tier":"gold"}', order: "asc" })
      }
    })
  )

  it.effect("ends on an oversized page: the server ignored the limit", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: { items: range(5).map(user) } })
      expect(yield* names(julep.users.listAll({ limit: 3 }))).toHaveLength(5)
      expect(http.requests).toHaveLength(1)
    })
  )

  it.effect("ends on a wholly repeated page: the server ignored the offset", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: { items: range(3).map(user) } })
      expect(yield* names(julep.users.listAll({ limit: 3 }))).toEqual(["user 0", "user 1", "user 2"])
      expect(http.requests).toHaveLength(2)
    })
  )

  it.effect("follows the cursors of a server that has them, and counts an offset once", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => {
        const from = Number(sent.query["after"]?.slice(1) ?? 0) + Number(sent.query["offset"])
        const items = range(7).slice(from, from + 3)
        return { body: { items: items.map(user), ...(items.length === 3 ? { next: `@${from + 3}` } : {}) } }
      })
      const query = { limit: 3, offset: 1, order: "asc" } as const
      expect(yield* names(julep.users.listAll(query))).toEqual(range(6, 1).map((n) => `user ${n}`))
      expect(http.requests.map(({ query }) => query)).toEqual([
        { limit: "3", offset: "1", order: "asc" },
        { limit: "3", offset: "0", order: "asc", after: "@4" },
        { limit: "3", offset: "0", order: "asc", after: "@7" }
      ])
    })
  )

  it.effect("ends where a server has a member of the same name, and ignores the cursor", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: { items: range(3).map(user), next: "/users?page=2" } })
      expect(yield* names(julep.users.listAll({ limit: 3 }))).toEqual(["user 0", "user 1", "user 2"])
      expect(http.requests).toHaveLength(2)
    })
  )

  it.effect("takes an empty cursor as none: the next page would be the first one again", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => {
        const { body } = paging(4)(sent)
        return { body: { ...body, next: "" } }
      })
      expect(yield* names(julep.users.listAll({ limit: 3 }))).toEqual(range(4).map((n) => `user ${n}`))
      expect(pages(http.requests)).toEqual(["0+3", "3+3"])
    })
  )

  it.effect("gives no id twice when items move between pages", () =>
    Effect.gen(function* () {
      const answers = [range(3), range(3, 2), range(1, 5)].map((ids) => ({ body: { items: ids.map(user) } }))
      const { julep } = yield* stubbed(answers)
      expect(yield* names(julep.users.listAll({ limit: 3 }))).toEqual(
        range(6)
          .slice(0, 6)
          .map((n) => `user ${n}`)
      )
    })
  )

  it.effect("is lazy: it sends nothing before it runs, and one request for one item", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(paging(100))
      const all = julep.users.listAll({ limit: 3 })
      expect(http.requests).toEqual([])
      expect(yield* names(Stream.take(all, 1))).toEqual(["user 0"])
      expect(http.requests).toHaveLength(1)
      expect(yield* names(Stream.take(all, 4))).toHaveLength(4)
      expect(pages(http.requests)).toEqual(["0+3", "0+3", "3+3"])
    })
  )

  it.effect("fails where a page fails, after the items before it", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed([{ body: { items: range(2).map(user) } }, { status: 503, body: "busy" }])
      const seen: Array<unknown> = []
      const error = yield* julep.users.listAll({ limit: 2 }).pipe(
        Stream.runForEach(({ name }) => Effect.sync(() => seen.push(name))),
        Effect.flip
      )
      expect([seen, errorFields(error)["_tag"]]).toEqual([["user 0", "user 1"], "ServerError"])
    })
  )

  it.effect("refuses a page size out of range before anything is sent", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({})
      const error = yield* Effect.flip(Stream.runDrain(julep.agents.listAll({ limit: 0 })))
      expect([error._tag, http.requests.length]).toEqual(["InvalidRequest", 0])
    })
  )

  it.effect("requests at most a thousand, the largest page of the specification", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(paging(1001))
      expect(yield* names(julep.users.listAll({ limit: 5000 }))).toHaveLength(1001)
      expect(pages(http.requests)).toEqual(["0+1000", "1000+1000"])
    })
  )

  it.effect("every list has it, with the path of its owner", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: { items: [] } })
      const streams = [
        julep.agents.listAll(),
        julep.users.listAll(),
        julep.sessions.listAll(),
        julep.sessions.historyAll(f.sessionId),
        julep.docs.listAll({ agent_id: f.agentId }),
        julep.docs.listAll({ user_id: f.userId }),
        julep.tools.listAll(f.agentId)
      ]
      for (const stream of streams) yield* Stream.runDrain<unknown, unknown, never>(stream as never)
      expect(http.requests.map(({ path, query }) => [path, query["limit"]])).toEqual([
        ["/api/agents", "100"],
        ["/api/users", "100"],
        ["/api/sessions", "100"],
        [`/api/sessions/${f.sessionId}/history`, "100"],
        [`/api/agents/${f.agentId}/docs`, "100"],
        [`/api/users/${f.userId}/docs`, "100"],
        [`/api/agents/${f.agentId}/tools`, "100"]
      ])
    })
  )

  it.effect("merges the snippets of a doc", () =>
    Effect.gen(function* () {
      const snippet = (n: number, content: string) => ({ ...f.doc, id: f.otherId(n), content })
      const items = [snippet(1, "a"), snippet(1, "b"), snippet(2, "c")]
      const { julep, http } = yield* stubbed({ body: { items } })
      const docs = yield* Stream.runCollect(julep.docs.listAll({ agent_id: f.agentId }, { limit: 2 }))
      expect(Chunk.toReadonlyArray(docs).map(({ content }) => content)).toEqual([["a", "b"], "c"])
      expect(http.requests).toHaveLength(1)
    })
  )
})
