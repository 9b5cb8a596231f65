/** The agents: the list, and what changes it. */
import { Atom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type AgentId, Agents, type UpdateAgent } from "effect-julep"
import { runtime } from "../client.js"
import { matches, REQUEST, shownAtFirst, upTo } from "./lists.js"
import { selection } from "./selection.js"

export const shownAgents = Atom.keepAlive(Atom.make(shownAtFirst))

/** The agents that are shown, newest first. */
export const agents = runtime
  .atom((get) => {
    const { most, search } = get(shownAgents)
    return Effect.flatMap(Agents, ({ listAll }) =>
      listAll({ limit: REQUEST }).pipe(
        Stream.filter(({ about, name }) => matches(search, `${name} ${about}`)),
        upTo(most)
      )
    )
  })
  .pipe(Atom.withReactivity(["agents"]), Atom.keepAlive)

/** An agent, which the list need not show. */
export const agent = Atom.family((id: AgentId) =>
  runtime.atom(Effect.flatMap(Agents, ({ get }) => get(id))).pipe(Atom.withReactivity(["agents"]))
)

/** Creates an agent, or replaces one. */
export const saveAgent = runtime.fn<{ readonly id: AgentId | undefined; readonly input: UpdateAgent }>()(
  ({ id, input }) =>
    Effect.gen(function* () {
      const { create, update } = yield* Agents
      if (id !== undefined) return yield* update(id, input, { overwrite: true })
      const created = yield* create(input)
      yield* Atom.update(selection, (selected) => ({ ...selected, agent: created.id, session: undefined }))
      return created
    }),
  { reactivityKeys: ["agents"] }
)

/** Deletes an agent with its sessions, docs, tools and memories. */
export const deleteAgent = runtime.fn<AgentId>()(
  (id) =>
    Effect.gen(function* () {
      const manager = yield* Agents
      yield* manager.delete(id)
      yield* Atom.update(selection, (selected) =>
        selected.agent === id ? { ...selected, agent: undefined, session: undefined } : selected
      )
    }),
  { reactivityKeys: ["agents", "sessions"] }
)
