/** Kept replies to requests with an idempotency key. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Database, storesOf } from "../../support/storage/database.js"
import { keep, keptUnder } from "../../support/storage/replies.js"
import { agentRow, alice, bob, sessionRow, userRow } from "../../support/storage/rows.js"

const reply = (created_at: number, body = "{}") => ({ status: 201, body, fingerprint: "f", created_at })

export const replies = (database: Database) => {
  const withStore = storesOf(database)

  it.effect(
    "a reply is kept per developer, route and key, replaced by a later one, and dropped when it has expired",
    () =>
      withStore((store) =>
        Effect.gen(function* () {
          yield* keep(store, alice, "POST /a", "k", reply(1))
          yield* keep(store, alice, "POST /b", "k", reply(2, '{"b":1}'))
          expect(yield* keptUnder(store, alice, "POST /a", "k")).toEqual(Option.some(reply(1)))
          expect(yield* keptUnder(store, alice, "POST /a", "other")).toEqual(Option.none())
          yield* keep(store, alice, "POST /b", "k", reply(3), 1)
          expect(yield* keptUnder(store, alice, "POST /a", "k")).toEqual(Option.none())
          expect(yield* keptUnder(store, alice, "POST /b", "k")).toEqual(Option.some(reply(3)))
        })
      )
  )

  it.effect(
    "a reply is deleted with the agent, user or session that it is of, and with the history of its session",
    () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, user] = [agentRow(), userRow()]
          yield* store.agents.insert(alice, agent)
          yield* store.users.insert(alice, user)
          const session = sessionRow({ agent_id: agent.id, user_id: user.id })
          yield* store.sessions.insert(alice, session)
          const isKept = (route: string) => Effect.map(keptUnder(store, alice, route, "k"), Option.isSome)
          const chat = `POST /sessions/${session.id}/chat`

          yield* keep(store, alice, chat, "k", reply(1))
          yield* keep(store, alice, "POST /users", "k", reply(1, JSON.stringify({ id: user.id })))
          yield* keep(store, alice, "POST /agents", "k", reply(1, JSON.stringify({ id: UNKNOWN })))
          yield* store.entries.clear(alice, session.id)
          expect([yield* isKept(chat), yield* isKept("POST /users")]).toEqual([false, true])

          yield* keep(store, alice, chat, "k", reply(1))
          yield* store.users.remove(alice, user.id)
          expect([yield* isKept(chat), yield* isKept("POST /users")]).toEqual([false, false])
          expect(yield* isKept("POST /agents")).toBe(true)
        })
      )
  )

  it.effect("replies of all developers expire together", () =>
    withStore((store) =>
      Effect.gen(function* () {
        yield* keep(store, bob, "POST /a", "k", reply(1))
        yield* keep(store, alice, "POST /a", "k", reply(9), 1)
        expect(yield* keptUnder(store, bob, "POST /a", "k")).toEqual(Option.none())
      })
    )
  )
}

const UNKNOWN = "11111111-1111-4111-8111-111111111111"
