import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Julep, type SyncDoc, UserId } from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { failure, noAgent, UNKNOWN_ID } from "../support/turns.js"

const doc = (key: string, content: SyncDoc["content"] = `The text of ${key}.`): SyncDoc => ({
  key,
  title: `Title of ${key}`,
  content
})

/** Docs under keys, for programs that start again and again. */
export const syncDocs = (mode: Mode) =>
  describe("docs.sync", () => {
    for (const kind of ["agent", "user"] as const) {
      it.effect(`writes only what changed of the docs of an ${kind}`, () =>
        Effect.gen(function* () {
          const { agents, docs, users } = yield* Julep
          const owner =
            kind === "agent"
              ? { agent_id: (yield* agents.create({ name: "Ada" })).id }
              : { user_id: (yield* users.create({})).id }
          const own = yield* docs.create({ ...owner, doc: { title: "Title of a", content: "Mine." } })
          const lamp: SyncDoc = { ...doc("c", ["It burns", "whale oil."]), metadata: { a: { b: 1, c: [null] } } }
          const first = yield* docs.sync(owner, [doc("a"), doc("b"), lamp])
          expect(first).toMatchObject({ created: ["a", "b", "c"], updated: [], unchanged: [], deleted: [] })
          expect(first.jobs).toHaveLength(3)
          const before = yield* docs.list(owner)
          yield* TestClock.adjust("1 second")
          const same = { ...lamp, metadata: { a: { c: [null], b: 1 } } }
          expect(yield* docs.sync(owner, [same, doc("a"), doc("b")])).toEqual({
            created: [],
            updated: [],
            unchanged: ["c", "a", "b"],
            deleted: [],
            jobs: []
          })
          expect(yield* docs.list(owner)).toEqual(before)
          const changed = yield* docs.sync(owner, [doc("a", "Changed."), { ...lamp, metadata: {} }, doc("d")])
          expect(changed).toMatchObject({ created: ["d"], updated: ["a", "c"], unchanged: [], deleted: [] })
          const contents = new Map((yield* docs.list(owner)).map(({ content, id, key }) => [key ?? id, content]))
          expect(contents.size).toBe(5)
          expect([contents.get("a"), contents.get("b"), contents.get(own.id)]).toEqual([
            "Changed.",
            "The text of b.",
            "Mine."
          ])
          const pruned = yield* docs.sync(owner, [doc("d"), doc("b")], { prune: true })
          expect(pruned).toMatchObject({ unchanged: ["d", "b"] })
          expect([...pruned.deleted].sort()).toEqual(["a", "c"])
          expect((yield* docs.list(owner)).map(({ key }) => key)).toEqual(["d", "b", undefined])
        }).pipe(Effect.provide(mode()))
      )
    }

    it.effect("never deletes all docs, unless that is allowed", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada", docs: [{ title: "T", content: "C" }] })
        yield* docs.sync({ agent_id }, [doc("a"), doc("b")])
        expect(yield* failure(docs.sync({ agent_id }, [], { prune: true }))).toMatchObject({
          _tag: "UnprocessableRequest",
          issues: [{ path: "prune", message: expect.stringContaining("allowEmpty") }]
        })
        expect(yield* docs.sync({ agent_id }, [])).toMatchObject({ unchanged: [], deleted: [] })
        expect(yield* docs.list({ agent_id })).toHaveLength(3)
        const { deleted } = yield* docs.sync({ agent_id }, [], { prune: true, allowEmpty: true })
        expect([...deleted].sort()).toEqual(["a", "b"])
        expect(yield* docs.list({ agent_id })).toMatchObject([{ title: "T" }])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("takes more docs than a request, and prunes what none of the requests had", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const many = Array.from({ length: 230 }, (_, n) => doc(`k${n}`))
        expect((yield* docs.sync({ agent_id }, [...many, doc("old")])).created).toHaveLength(231)
        const next = [...many.slice(5), doc("new")]
        const synced = yield* docs.sync({ agent_id }, next, { prune: true })
        expect(synced.created).toEqual(["new"])
        expect(synced.unchanged).toHaveLength(225)
        expect([...synced.deleted].sort()).toEqual(["k0", "k1", "k2", "k3", "k4", "old"])
        expect(yield* docs.list({ agent_id }, { limit: 1000 })).toHaveLength(226)
        expect((yield* docs.sync({ agent_id }, [doc("new")], { prune: true })).deleted).toHaveLength(225)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("refuses to prune by more than 20,000 keys, before it writes any doc", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const many = Array.from({ length: 20_001 }, (_, n) => doc(`k${n}`))
        const refused = { _tag: "InvalidRequest", issues: [{ path: "keep" }] }
        expect(yield* failure(docs.sync({ agent_id }, many, { prune: true }))).toMatchObject(refused)
        expect(yield* docs.list({ agent_id })).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("under an idempotency key, takes more docs than a request", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const many = Array.from({ length: 150 }, (_, n) => doc(`k${n}`))
        const sync = docs.sync({ agent_id }, many, { prune: true }).pipe(Julep.withOptions({ idempotencyKey: "k" }))
        expect((yield* sync).created).toHaveLength(150)
        expect((yield* sync).unchanged).toHaveLength(150)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("knows texts again that were cut within a surrogate pair", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const cut = [{ title: "half \ud83d", content: ["half \ud83d"], metadata: { a: "half \ud83d" } }]
        expect((yield* docs.sync({ agent_id }, cut)).created).toEqual(["half \ufffd"])
        expect((yield* docs.sync({ agent_id }, cut, { prune: true })).unchanged).toEqual(["half \ufffd"])
        const ensured = { name: "Ada \ud83d", about: "\ud83d", instructions: ["\ud83d"] }
        expect((yield* agents.ensure("ada", ensured)).outcome).toBe("created")
        expect((yield* agents.ensure("ada", ensured)).outcome).toBe("unchanged")
      }).pipe(Effect.provide(mode()))
    )

    it.live("takes docs of a megabyte, and replaces one whose index is not complete", () =>
      Effect.gen(function* () {
        const { agents, docs, jobs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const long = (word: string) =>
          doc("long", `${"The almanac says little. ".repeat(42_000)}\n\nThe ${word} is last.`)
        const texts = [long("lighthouse"), doc("short")]
        expect((yield* docs.sync({ agent_id }, texts)).created).toEqual(["long", "short"])
        expect((yield* docs.sync({ agent_id }, texts)).unchanged).toEqual(["long", "short"])
        const replaced = yield* docs.sync({ agent_id }, [long("harbour"), doc("short")])
        expect(replaced.updated).toEqual(["long"])
        const [job] = replaced.jobs
        expect((yield* jobs.await(job!)).state).toBe("succeeded")
        expect(yield* docs.list({ agent_id })).toHaveLength(2)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("programs that sync at once double no doc", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const some = Array.from({ length: 20 }, (_, n) => doc(`k${n}`))
        const synced = yield* Effect.all(
          [some, some.toReversed(), some.slice(5), some.toReversed()].map((each) => docs.sync({ agent_id }, each)),
          { concurrency: "unbounded" }
        )
        expect(synced.flatMap(({ created }) => created).sort()).toEqual(some.map(({ key }) => key).sort())
        expect(synced.flatMap(({ updated }) => updated)).toEqual([])
        expect(yield* docs.list({ agent_id })).toHaveLength(20)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a program that asks meanwhile finds the old or the new version of a doc", () =>
      Effect.gen(function* () {
        const { agents, docs, sessions } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const session = yield* sessions.create({ agent_id })
        const version = (n: number) => [doc("lamp", `The lamp of the lighthouse burns oil number ${n}.`)]
        yield* docs.sync({ agent_id }, version(0))
        const ask = Effect.map(sessions.render(session.id, "What does the lamp burn?"), ({ recalled }) =>
          recalled?.snippets.map(({ content }) => content.replace(/\d+/, "n"))
        )
        const change = Effect.forEach(Array.from({ length: 20 }), (_, n) => docs.sync({ agent_id }, version(n + 1)))
        const [asked] = yield* Effect.all([Effect.replicateEffect(ask, 20), change], { concurrency: "unbounded" })
        for (const found of asked) expect(found).toEqual(["The lamp of the lighthouse burns oil number n."])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the title is the key of a doc without one", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const untitled = { title: "Tides", content: "High at six." }
        expect((yield* docs.sync({ agent_id }, [untitled])).created).toEqual(["Tides"])
        expect((yield* docs.sync({ agent_id }, [{ ...untitled, key: "Tides" }])).unchanged).toEqual(["Tides"])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("two docs with one key, or a doc that does not fit, are refused before anything is sent", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const many = Array.from({ length: 150 }, (_, n) => doc(`k${n}`))
        expect(yield* failure(docs.sync({ agent_id }, [...many, doc("k0")]))).toMatchObject({
          _tag: "InvalidRequest",
          issues: [{ path: "docs[150].key" }]
        })
        expect(yield* failure(docs.sync({ agent_id }, [...many, doc("x", [""])]))).toMatchObject({
          _tag: "InvalidRequest",
          issues: [{ path: "docs[150].content[0]" }]
        })
        expect(yield* docs.list({ agent_id })).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("docs of an owner that does not exist are NotFound", () =>
      Effect.gen(function* () {
        const { docs } = yield* Julep
        const user_id = UserId.make(UNKNOWN_ID)
        expect(yield* failure(docs.sync({ agent_id: noAgent }, [doc("a")]))).toMatchObject({
          _tag: "NotFound",
          resource: "agent"
        })
        expect(yield* failure(docs.sync({ user_id }, []))).toMatchObject({ _tag: "NotFound", resource: "user" })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("keys are of one owner, and go with it", () =>
      Effect.gen(function* () {
        const { agents, docs, users } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const other = yield* agents.create({ name: "Bea" })
        const user = yield* users.create({})
        for (const owner of [{ agent_id: agent.id }, { agent_id: other.id }, { user_id: user.id }]) {
          expect((yield* docs.sync(owner, [doc("a")], { prune: true })).created).toEqual(["a"])
        }
        yield* agents.delete(agent.id)
        expect(yield* docs.list({ agent_id: other.id })).toHaveLength(1)
        expect(yield* docs.list({ user_id: user.id })).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )
  })
