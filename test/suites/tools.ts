import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type FunctionDef, Julep, ToolId } from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { failure, noAgent, UNKNOWN_ID } from "../support/turns.js"

const parameters = JSON.parse('{"type":"object","properties":{"z":{},"a":{"__proto__":[1]}},"Weird Key":null}')
const def = { name: "lookup", description: "finds", parameters }
const noTool = ToolId.make(UNKNOWN_ID)

/** The tools of agents. */
export const tools = (mode: Mode) =>
  describe("tools", () => {
    it.effect("v0.3 fault: a tool needs no description, and a webhook keeps its type", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const tool = { type: "webhook", function: { name: "ping", parameters } } as const
        const created = yield* tools.create({ agent_id: agent.id, tool })
        expect(created).toEqual({ ...tool, id: created.id, created_at: new Date(0), jobs: [] })
        const listed = yield* tools.list(agent.id)
        expect(listed).toEqual([{ id: created.id, type: "webhook", function: { name: "ping", parameters } }])
        expect(JSON.stringify(listed[0]?.function.parameters)).toBe(JSON.stringify(parameters))
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: a partial PATCH merges each member", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const { id: tool_id } = yield* tools.create({ agent_id: agent.id, tool: { type: "webhook", function: def } })
        const of = { agent_id: agent.id, tool_id }
        const updated = yield* tools.update({ ...of, function: { name: "search" } })
        expect(updated).toEqual({ function: { name: "search" }, id: tool_id, updated_at: new Date(0), jobs: [] })
        yield* tools.update({ ...of, function: { description: "" } })
        yield* tools.update({ ...of, function: {} })
        const searched = { ...def, name: "search", description: "" }
        expect(yield* tools.list(agent.id)).toEqual([{ id: tool_id, type: "webhook", function: searched }])
        yield* tools.update({ ...of, function: { parameters: { only: 1 } } })
        const merged = { ...searched, parameters: { only: 1 } }
        expect(yield* tools.list(agent.id)).toEqual([{ id: tool_id, type: "webhook", function: merged }])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PUT replaces the function and drops an omitted description", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const agent = yield* agents.create({ name: "Ada", tools: [{ type: "function", function: def }] })
        const tool_id = (yield* tools.list(agent.id))[0]?.id ?? noTool
        const replacement = { name: "other", parameters: {} }
        yield* tools.update({ agent_id: agent.id, tool_id, function: replacement, overwrite: true })
        expect(yield* tools.list(agent.id)).toEqual([{ id: tool_id, type: "function", function: replacement }])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("strict is stored, merged by PATCH, dropped by PUT, and ensured with its agent", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const strict = { ...def, strict: true }
        const ensured = (def: FunctionDef) =>
          agents.ensure("ada", { name: "Ada", tools: [{ type: "function", function: def }] })
        const agent = yield* ensured(strict)
        const stored = Effect.map(tools.list(agent.id), (listed) => listed.map((tool) => tool.function))
        expect(yield* stored).toEqual([strict])
        expect((yield* ensured(strict)).outcome).toBe("unchanged")
        expect((yield* ensured({ ...strict, strict: false })).outcome).toBe("updated")
        expect(yield* stored).toEqual([{ ...strict, strict: false }])
        const tool_id = (yield* tools.list(agent.id))[0]?.id ?? noTool
        const of = { agent_id: agent.id, tool_id }
        yield* tools.update({ ...of, function: { description: "" } })
        yield* tools.update({ ...of, function: { strict: true } })
        expect(yield* stored).toEqual([{ ...strict, description: "" }])
        yield* tools.update({ ...of, function: def, overwrite: true })
        expect(yield* stored).toEqual([def])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: PUT does not create an unknown tool", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const notThere = { _tag: "NotFound", resource: "tool", id: noTool }
        const of = { agent_id: agent.id, tool_id: noTool, function: def }
        expect(yield* failure(tools.update({ ...of, overwrite: true }))).toMatchObject(notThere)
        expect(yield* failure(tools.update(of))).toMatchObject(notThere)
        expect(yield* tools.list(agent.id)).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a tool is changed and deleted only through its own agent", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const ada = yield* agents.create({ name: "Ada" })
        const bob = yield* agents.create({ name: "Bob" })
        const { id } = yield* tools.create({ agent_id: ada.id, tool: { type: "function", function: def } })
        const notThere = { _tag: "NotFound", resource: "tool", id }
        const ofBob = { agent_id: bob.id, tool_id: id }
        expect(yield* failure(tools.update({ ...ofBob, function: { name: "stolen" } }))).toMatchObject(notThere)
        expect(yield* failure(tools.update({ ...ofBob, function: def, overwrite: true }))).toMatchObject(notThere)
        expect(yield* failure(tools.delete(ofBob))).toMatchObject(notThere)
        expect(yield* tools.list(ada.id)).toMatchObject([{ id, function: def }])
        expect(yield* tools.delete({ agent_id: ada.id, tool_id: id })).toBe(undefined)
        expect(yield* failure(tools.delete({ agent_id: ada.id, tool_id: id }))).toMatchObject(notThere)
        expect(yield* tools.list(ada.id)).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: tools need an existing agent", () =>
      Effect.gen(function* () {
        const { tools } = yield* Julep
        const tool = { type: "function", function: def } as const
        const noOwner = { _tag: "NotFound", resource: "agent", id: noAgent }
        expect(yield* failure(tools.create({ agent_id: noAgent, tool }))).toMatchObject(noOwner)
        expect(yield* failure(tools.list(noAgent))).toMatchObject(noOwner)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("tools may share a name, and are listed newest first, in pages", () =>
      Effect.gen(function* () {
        const { agents, tools } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const made: Array<string> = []
        for (const description of ["1", "2", "3", "4"]) {
          const tool = { type: "function", function: { ...def, description } } as const
          made.unshift((yield* tools.create({ agent_id: agent.id, tool })).id)
        }
        const ids = (page: { readonly limit?: number; readonly offset?: number }) =>
          Effect.map(tools.list(agent.id, page), (items) => items.map(({ id }) => id))
        expect(yield* ids({})).toEqual(made)
        expect(yield* ids({ limit: 2 })).toEqual(made.slice(0, 2))
        expect(yield* ids({ limit: 2, offset: 1 })).toEqual(made.slice(1, 3))
        expect(yield* ids({ offset: 4 })).toEqual([])
        const all = yield* Stream.runCollect(tools.listAll(agent.id, { limit: 3 }))
        expect([...all].map(({ id }) => id)).toEqual(made)
      }).pipe(Effect.provide(mode()))
    )
  })
