/** The users: the list, and what changes it. */
import { Atom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type UpdateUser, type UserId, Users } from "effect-julep"
import { runtime } from "../client.js"
import { matches, REQUEST, shownAtFirst, upTo } from "./lists.js"
import { selection } from "./selection.js"

export const shownUsers = Atom.keepAlive(Atom.make(shownAtFirst))

/** The users that are shown, newest first. */
export const users = runtime
  .atom((get) => {
    const { most, search } = get(shownUsers)
    return Effect.flatMap(Users, ({ listAll }) =>
      listAll({ limit: REQUEST }).pipe(
        Stream.filter(({ about, name }) => matches(search, `${name} ${about}`)),
        upTo(most)
      )
    )
  })
  .pipe(Atom.withReactivity(["users"]), Atom.keepAlive)

/** A user, whom the list need not show. */
export const user = Atom.family((id: UserId) =>
  runtime.atom(Effect.flatMap(Users, ({ get }) => get(id))).pipe(Atom.withReactivity(["users"]))
)

/** Creates a user, or replaces one. */
export const saveUser = runtime.fn<{ readonly id: UserId | undefined; readonly input: UpdateUser }>()(
  ({ id, input }) =>
    Effect.gen(function* () {
      const { create, update } = yield* Users
      if (id !== undefined) return yield* update(id, input, { overwrite: true })
      const created = yield* create(input)
      yield* Atom.update(selection, (selected) => ({ ...selected, user: created.id, session: undefined }))
      return created
    }),
  { reactivityKeys: ["users"] }
)

/** Deletes a user with their sessions, docs and memories. */
export const deleteUser = runtime.fn<UserId>()(
  (id) =>
    Effect.gen(function* () {
      const manager = yield* Users
      yield* manager.delete(id)
      yield* Atom.update(selection, (selected) =>
        selected.user === id ? { ...selected, user: undefined, session: undefined } : selected
      )
    }),
  { reactivityKeys: ["users", "sessions"] }
)
