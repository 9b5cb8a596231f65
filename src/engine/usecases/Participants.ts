import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type AgentRow, type SessionRow, Storage, type UserRow } from "../ports/Storage.js"

/** A session, and who talks in it. */
export interface Participants {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
}

/** Reads a session and who talks in it, for a job: none where they are gone by now. */
export const make = Effect.map(Storage, (storage) =>
  Effect.fnUntraced(function* (developer: string, session_id: string) {
    const session = yield* storage.sessions.get(developer, session_id)
    if (Option.isNone(session)) return Option.none<Participants>()
    const { agent_id, user_id } = session.value
    const agent = yield* storage.agents.get(developer, agent_id)
    const user = user_id === null ? Option.none() : yield* storage.users.get(developer, user_id)
    return Option.map(
      agent,
      (agent): Participants => ({ agent, session: session.value, user: Option.getOrUndefined(user) })
    )
  })
)
