import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Julep, type RequestError } from "../../src/index.js"
import type { JsonObject } from "../../src/schema/Field.js"
import type { Mode } from "../support/modes.js"

type Result<A> = Effect.Effect<A, RequestError>

/** One resource with metadata. */
interface Holder {
  readonly read: Result<JsonObject>
  readonly patch: (metadata: JsonObject) => Result<unknown>
  readonly put: (metadata: JsonObject) => Result<unknown>
}

const of = (stored: { readonly metadata?: JsonObject | null }): JsonObject => stored.metadata ?? {}

const holders: Readonly<Record<string, (julep: Julep.Service, metadata: JsonObject) => Result<Holder>>> = {
  agents: ({ agents }, metadata) =>
    Effect.map(agents.create({ name: "Ada", metadata }), ({ id }) => ({
      read: Effect.map(agents.get(id), of),
      patch: (changes) => agents.update(id, { metadata: changes }),
      put: (whole) => agents.update(id, { name: "Ada", about: "", metadata: whole }, { overwrite: true })
    })),
  users: ({ users }, metadata) =>
    Effect.map(users.create({ metadata }), ({ id }) => ({
      read: Effect.map(users.get(id), of),
      patch: (changes) => users.update(id, { metadata: changes }),
      put: (whole) => users.update(id, { name: "Sam", about: "", metadata: whole }, { overwrite: true })
    })),
  sessions: ({ agents, sessions }, metadata) =>
    Effect.gen(function* () {
      const agent = yield* agents.create({ name: "Ada" })
      const { id } = yield* sessions.create({ agent_id: agent.id, metadata })
      return {
        read: Effect.map(sessions.get(id), of),
        patch: (changes) => sessions.update(id, { metadata: changes }),
        put: (whole) => sessions.update(id, { situation: "", metadata: whole }, { overwrite: true })
      }
    })
}

/** Keys that programs trip over, in arbitrary order, nested. */
const odd = `{"z":1,"Weird Key":{"b":[{"__proto__":{"x":null}},"😀"],"a":""},"__proto__":{"y":[[]]},"constructor":0,"a.b[0]":1e21,"":false,"snake_case":{"camelCase":[1.5,-0.25]}}`

/** Metadata: kept as it is, merged deeply by PATCH, replaced by PUT. */
export const metadata = (mode: Mode) => {
  for (const [kind, make] of Object.entries(holders)) {
    describe(`metadata of ${kind}`, () => {
      it.effect("v0.3 fault: every key is returned, in the order it was sent", () =>
        Effect.gen(function* () {
          const holder = yield* make(yield* Julep, JSON.parse(odd))
          const same = JSON.stringify(JSON.parse(odd))
          expect(JSON.stringify(yield* holder.read)).toBe(same)
          yield* holder.patch({})
          expect(JSON.stringify(yield* holder.read)).toBe(same)
          yield* holder.put(JSON.parse(`{"b":1,${odd.slice(1)}`))
          expect(JSON.stringify(yield* holder.read)).toBe(`{"b":1,${same.slice(1)}`)
        }).pipe(Effect.provide(mode()))
      )

      it.effect(
        "PATCH merges deeply: objects by key, lists by concatenation; other values are replaced, and null is stored",
        () =>
          Effect.gen(function* () {
            const before = {
              n: { a: 1, list: [1], keep: true },
              list: [{ a: 1 }],
              text: "old",
              gone: 1,
              kind: { a: 1 }
            }
            const holder = yield* make(yield* Julep, before)
            yield* holder.patch({
              n: { b: 2, list: [2, 1], a: { deep: [] } },
              list: [{ a: 2 }],
              text: "new",
              gone: null,
              kind: [1],
              fresh: { x: null }
            })
            const after = {
              n: { a: { deep: [] }, list: [1, 2, 1], keep: true, b: 2 },
              list: [{ a: 1 }, { a: 2 }],
              text: "new",
              gone: null,
              kind: [1],
              fresh: { x: null }
            }
            expect(JSON.stringify(yield* holder.read)).toBe(JSON.stringify(after))
          }).pipe(Effect.provide(mode()))
      )

      it.effect("a __proto__ key is data: it merges like any other and changes no prototype", () =>
        Effect.gen(function* () {
          const holder = yield* make(yield* Julep, JSON.parse('{"__proto__":{"a":[1]}}'))
          yield* holder.patch(JSON.parse('{"__proto__":{"a":[2],"polluted":true}}'))
          expect(JSON.stringify(yield* holder.read)).toBe('{"__proto__":{"a":[1,2],"polluted":true}}')
          expect("polluted" in {}).toBe(false)
        }).pipe(Effect.provide(mode()))
      )
    })
  }
}
