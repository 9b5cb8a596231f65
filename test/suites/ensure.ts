import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Agents, Julep } from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { chat, failure } from "../support/turns.js"

const fn = (name: string, description = "Looks up") => ({ name, description, parameters: { type: "object" } })

const tides = { title: "Tides", content: "High water is at six." }
const input = {
  name: "Ada",
  about: "keeps the lighthouse",
  instructions: ["Be brief."],
  default_settings: { temperature: 0.5 },
  metadata: { shore: "north", list: [1] },
  functions: [fn("find_ship"), fn("ring_bell")],
  docs: [tides, { key: "lamp", title: "Lamp", content: ["It burns", "whale oil."], metadata: { a: 1 } }]
} satisfies Agents.EnsureInput

/** Everything that is stored of an agent. */
const stored = (id: Effect.Effect.Success<ReturnType<Agents.Service["ensure"]>>["id"]) =>
  Effect.gen(function* () {
    const { agents, docs, tools } = yield* Julep
    return [yield* agents.get(id), yield* tools.list(id), yield* docs.list({ agent_id: id })] as const
  })

const names = (tools: ReadonlyArray<{ readonly function: { readonly name: string } }>) =>
  tools.map((tool) => tool.function.name).sort()

/** Agents under keys, for programs that start again and again. */
export const ensure = (mode: Mode) =>
  describe("agents.ensure", () => {
    it.effect("creates the agent of a key once: a second start finds it, and writes and embeds nothing", () =>
      Effect.gen(function* () {
        const { agents, sessions } = yield* Julep
        yield* TestClock.adjust("1 hour")
        const first = yield* agents.ensure("support", input)
        const at = new Date(3_600_000)
        const identity = { id: first.id, created_at: at, updated_at: at, jobs: first.jobs }
        expect(first).toEqual({ ...input, ...identity, outcome: "created" })
        expect(first.jobs).toHaveLength(2)
        const before = yield* stored(first.id)
        expect(before[0]).toMatchObject({ key: "support", name: "Ada", instructions: ["Be brief."] })
        expect(names(before[1])).toEqual(["find_ship", "ring_bell"])
        expect(before[2]).toMatchObject([{ key: "lamp", metadata: { a: 1 } }, { key: "Tides" }])
        yield* TestClock.adjust("1 hour")
        const second = yield* agents.ensure("support", input)
        expect(second).toEqual({ ...input, ...identity, jobs: [], outcome: "unchanged" })
        expect(yield* stored(first.id)).toEqual(before)
        expect(yield* agents.list()).toHaveLength(1)
        const session = yield* sessions.create({ agent_id: first.id })
        const { recalled } = yield* chat(session.id, "When is high water?")
        expect(recalled?.snippets).toMatchObject([{ title: "Tides" }])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("twenty programs that start at once get one agent, with one of each doc and tool", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const started = yield* Effect.all(
          Array.from({ length: 20 }, () => agents.ensure("support", input)),
          { concurrency: "unbounded" }
        )
        expect(new Set(started.map(({ id }) => id)).size).toBe(1)
        expect(started.filter(({ outcome }) => outcome === "created")).toHaveLength(1)
        expect(started.filter(({ outcome }) => outcome === "unchanged")).toHaveLength(19)
        const [, tools, docs] = yield* stored(started[0]!.id)
        expect([tools.length, docs.length]).toEqual([2, 2])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("sets the members that are given, also if others have changed them, and leaves the rest alone", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.ensure("support", input)
        yield* TestClock.adjust("1 second")
        yield* agents.update(id, { name: "Bea", about: "changed", metadata: { list: [2], by: "admin" } })
        const { outcome, updated_at } = yield* agents.ensure("support", { name: "Ada", metadata: { shore: "south" } })
        expect([outcome, updated_at]).toEqual(["updated", new Date(1000)])
        const [agent, tools, docs] = yield* stored(id)
        expect(agent).toMatchObject({ name: "Ada", about: "changed", instructions: ["Be brief."] })
        expect(agent.metadata).toEqual({ shore: "south" })
        expect(agent.default_settings?.temperature).toBe(0.5)
        expect([tools.length, docs.length]).toEqual([2, 2])
        yield* agents.ensure("support", { name: "Ada", about: "", instructions: [], default_settings: {} })
        const [cleared] = yield* stored(id)
        expect(cleared).toMatchObject({ about: "", instructions: [] })
        expect(cleared.default_settings?.temperature).not.toBe(0.5)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("matches tools by their names, deletes those it no longer has, and keeps those of others", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const { id } = yield* agents.ensure("support", input)
        yield* tools.create({ agent_id: id, tool: { type: "function", function: fn("others") } })
        const before = new Map((yield* tools.list(id)).map((tool) => [tool.function.name, tool]))
        const functions = [fn("find_ship", "Finds a ship"), fn("new"), fn("others", "Taken over")]
        expect((yield* agents.ensure("support", { name: "Ada", functions })).outcome).toBe("updated")
        const after = new Map((yield* tools.list(id)).map((tool) => [tool.function.name, tool]))
        expect([...after.keys()].sort()).toEqual(["find_ship", "new", "others"])
        expect(after.get("find_ship")).toMatchObject({ id: before.get("find_ship")?.id, function: functions[0] })
        expect(after.get("others")).toMatchObject({ id: before.get("others")?.id, function: functions[2] })
        expect((yield* agents.ensure("support", { name: "Ada", functions })).outcome).toBe("unchanged")
        yield* tools.create({ agent_id: id, tool: { type: "function", function: fn("mine") } })
        yield* agents.ensure("support", { name: "Ada" })
        expect(yield* tools.list(id)).toHaveLength(4)
        yield* agents.ensure("support", { name: "Ada", tools: [] })
        expect(names(yield* tools.list(id))).toEqual(["mine", "others"])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("replaces a doc that changed, keeps those of others, and deletes none", () =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Julep
        const { id: agent_id } = yield* agents.ensure("support", input)
        yield* docs.create({ agent_id, doc: { title: "Tides", content: "Of somebody else." } })
        const changed = { ...tides, content: "High water is at seven." }
        const { jobs, outcome } = yield* agents.ensure("support", { name: "Ada", docs: [changed] })
        expect([outcome, jobs.length]).toEqual(["updated", 1])
        const found = (yield* docs.list({ agent_id })).map(({ content, key }) => [key, content])
        expect(found).toEqual([
          ["Tides", "High water is at seven."],
          [undefined, "Of somebody else."],
          ["lamp", ["It burns", "whale oil."]]
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a key is one of its own: another key is another agent, and a deleted one can be ensured again", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const one = yield* agents.ensure("a", { name: "Ada" })
        const keys = ["A", " a", "a/../b", "ключ 😀", "x".repeat(200)]
        const others = yield* Effect.forEach(keys, (key) => agents.ensure(key, { name: "Ada" }))
        expect(new Set([one, ...others].map(({ id }) => id)).size).toBe(6)
        expect(yield* Effect.forEach(others, ({ id }) => Effect.map(agents.get(id), ({ key }) => key))).toEqual(keys)
        yield* agents.delete(one.id)
        const again = yield* agents.ensure("a", { name: "Ada" })
        expect([again.outcome, again.id === one.id]).toEqual(["created", false])
        const created = yield* agents.create({ name: "Ada" })
        expect(yield* agents.get(created.id)).not.toHaveProperty("key")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("what get gives of an agent under a key, update takes", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.ensure("a", input)
        const agent = yield* agents.get(id)
        yield* agents.update(id, { ...agent, about: "new" })
        yield* agents.update(id, { ...agent, about: "newer" }, { overwrite: true })
        expect(yield* agents.get(id)).toMatchObject({ key: "a", about: "newer" })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("refuses keys that are none, and tools or docs that cannot be told apart; nothing is written", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const refused: ReadonlyArray<readonly [string, Agents.EnsureInput, string]> = [
          ["", { name: "Ada" }, "key"],
          ["x".repeat(201), { name: "Ada" }, "key"],
          ["a", { name: "Ada", functions: [fn("f"), fn("g"), fn("f")] }, "tools[2].function.name"],
          ["a", { name: "Ada", docs: [tides, tides] }, "docs[1].key"],
          ["a", { name: "Ada", docs: [{ title: "x".repeat(201), content: "C" }] }, "docs[0].key"],
          ["a", { name: "Ada", docs: [{ title: "", content: "C" }] }, "docs[0].key"],
          ["a", { name: "x".repeat(1001) }, "name"]
        ]
        for (const [key, agent, path] of refused) {
          expect(yield* failure(agents.ensure(key, agent))).toMatchObject({ issues: [{ path }] })
        }
        expect(yield* agents.list()).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("under an idempotency key it is done once", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const keyed = Julep.withOptions({ idempotencyKey: "k" })(agents.ensure("a", { name: "Ada" }))
        const first = yield* keyed
        yield* agents.update(first.id, { name: "Bea" })
        expect(yield* keyed).toEqual(first)
        expect((yield* agents.get(first.id)).name).toBe("Bea")
        yield* agents.delete(first.id)
        expect((yield* keyed).id).not.toBe(first.id)
      }).pipe(Effect.provide(mode()))
    )
  })
