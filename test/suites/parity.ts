import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ModelError } from "../../src/engine/ports/Model.js"
import type { Julep, RequestError } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { errorFields } from "../support/errorFields.js"
import { chat, noAgent, says, sceneWithUser, UNKNOWN_ID } from "../support/turns.js"
import type { Wired } from "../support/wire.js"

const replies: Scripted.Script = [
  Scripted.reply("Ahoy"),
  Scripted.toolCall("tide", { at: "noon" }),
  Scripted.fail(new ModelError({ reason: "rate_limited", message: "slow down", retryAfter: 90 })),
  Scripted.fail(new ModelError({ reason: "unknown_model", message: "no such model" })),
  Scripted.fail(new ModelError({ reason: "unavailable", message: "down" }))
]

type Call = (
  julep: Julep.Service,
  of: Effect.Effect.Success<ReturnType<typeof sceneWithUser>>
) => Effect.Effect<unknown, RequestError, Julep>

const calls: ReadonlyArray<Call> = [
  ({ agents }, { agent }) => agents.get(agent.id),
  ({ agents }) => agents.list({ metadata_filter: { a: 1 }, limit: 3 }),
  ({ agents }) => agents.get(noAgent),
  ({ agents }, { agent }) => agents.update(agent.id, { about: "x\u0000" }),
  ({ agents }) => agents.create({ name: "Bob", default_settings: { temperature: 9 } }),
  ({ agents }) => agents.list({ limit: 0 }),
  ({ users }, { user }) => users.update(user.id, { about: "new" }),
  ({ sessions }, { agent }) => sessions.create({ agent_id: agent.id, render_templates: true }),
  ({ docs }, { user }) => docs.create({ user_id: user.id, doc: { title: "T", content: ["a", "b"] } }),
  (_, { session }) => chat(session.id, "I live in Lisbon."),
  (_, { session }) => chat(session.id, "Tide?"),
  (_, { session }) => Effect.either(chat(session.id, "Slow?")),
  (_, { session }) => Effect.either(chat(session.id, "Unknown?")),
  (_, { session }) => Effect.either(chat(session.id, "Down?")),
  ({ sessions }, { session }) =>
    sessions.chat(session.id, {
      messages: [says("x")],
      tool_choice: { type: "function", function: { name: "none-such" } }
    }),
  ({ sessions }, { session }) => sessions.history(session.id),
  ({ memories }, { agent }) => memories.list({ agent_id: agent.id, query: "Lisbon" }),
  ({ docs }, { user }) => docs.list({ user_id: user.id }),
  ({ chat }) => chat.completions.create({ model: "m", messages: [{ role: "pirate", content: "x" }] }),
  ({ sessions }, { session }) => sessions.delete(session.id),
  ({ sessions }, { session }) => sessions.get(session.id)
]

/** The transcript without what is meant to differ: only a request to a served engine has an id of its own. */
const withoutRequestIds = (key: string, value: unknown): unknown => (key === "requestId" ? undefined : value)

/** Ids in the order they first appear, and the one address that is meant to differ. */
const anonymous = (text: string): string => {
  const known = new Map<string, string>()
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      if (id !== UNKNOWN_ID && !known.has(id)) known.set(id, `id ${known.size}`)
      return known.get(id) ?? id
    })
    .replaceAll("/api/", "/")
}

const transcript = (mode: Wired) =>
  Effect.gen(function* () {
    const made = yield* sceneWithUser({ agent: { metadata: { a: 1 } } })
    const outcomes = yield* Effect.forEach(calls, (call) =>
      Effect.match(call(made.julep, made), { onFailure: errorFields, onSuccess: (value) => ({ value }) })
    )
    return JSON.parse(anonymous(JSON.stringify(outcomes, withoutRequestIds))) as ReadonlyArray<unknown>
  }).pipe(Effect.provide(mode(replies)))

/** The same program in two modes: the same values, and errors with the same tags, fields and messages. */
export const parity = (one: Wired, other: Wired) =>
  describe("parity", () => {
    it.effect("one program has one transcript in both modes", () =>
      Effect.gen(function* () {
        const here = yield* transcript(one)
        expect(yield* transcript(other)).toEqual(here)
        const tags = here.flatMap(
          (outcome) => JSON.stringify(outcome).match(/"_tag":"[A-Z]\w+(?="[^}]*"message)/g) ?? []
        )
        expect(new Set(tags).size).toBeGreaterThanOrEqual(4)
      })
    )
  })
