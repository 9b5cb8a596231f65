/** The sessions: the list, which is that of the selected agent and user, and what changes it. */
import { Atom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type CreateSession, type SessionId, Sessions, type UpdateSession } from "effect-julep"
import { runtime } from "../client.js"
import { matches, REQUEST, shownAtFirst, upTo } from "./lists.js"
import { selection } from "./selection.js"

export const shownSessions = Atom.keepAlive(Atom.make(shownAtFirst))

const owners = Atom.make((get) => {
  const { agent, user } = get(selection)
  return `${agent ?? ""} ${user ?? ""}`
})

/** The sessions that are shown, newest first. */
export const sessions = runtime
  .atom((get) => {
    const { most, search } = get(shownSessions)
    const [agent = "", user = ""] = get(owners).split(" ")
    return Effect.flatMap(Sessions, ({ listAll }) =>
      listAll({ limit: REQUEST }).pipe(
        Stream.filter(({ agent_id, user_id }) => [agent_id, ""].includes(agent) && [user_id, ""].includes(user)),
        Stream.filter(({ created_at, situation }) => matches(search, `${situation} ${created_at?.toISOString()}`)),
        upTo(most)
      )
    )
  })
  .pipe(Atom.withReactivity(["sessions"]), Atom.keepAlive)

/** A session, which the list need not show. */
export const session = Atom.family((id: SessionId) =>
  runtime.atom(Effect.flatMap(Sessions, ({ get }) => get(id))).pipe(Atom.withReactivity(["sessions"]))
)

/** The session that this page created last: its first message comes next. */
export const createdSession = Atom.keepAlive(Atom.make<SessionId | undefined>(undefined))

/** Creates a session and selects it. */
export const createSession = runtime.fn<CreateSession>()(
  (input) =>
    Effect.gen(function* () {
      const { create } = yield* Sessions
      const { id } = yield* create(input)
      yield* Atom.set(createdSession, id)
      yield* Atom.set(selection, { agent: input.agent_id, user: input.user_id, session: id })
    }),
  { reactivityKeys: ["sessions"] }
)

/** Replaces what can change of a session. */
export const saveSession = runtime.fn<{ readonly id: SessionId; readonly input: UpdateSession }>()(
  ({ id, input }) => Effect.flatMap(Sessions, ({ update }) => update(id, input, { overwrite: true })),
  { reactivityKeys: ["sessions"] }
)

/** Deletes a session with its history. */
export const deleteSession = runtime.fn<SessionId>()(
  (id) =>
    Effect.gen(function* () {
      const manager = yield* Sessions
      yield* manager.delete(id)
      yield* Atom.update(selection, (selected) =>
        selected.session === id ? { ...selected, session: undefined } : selected
      )
    }),
  { reactivityKeys: ["sessions"] }
)
