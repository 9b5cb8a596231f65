/** Who speaks in a session, and about what, as far as it is known yet. */
import { Atom, Result } from "@effect-atom/atom-react"
import * as Option from "effect/Option"
import type { SessionId } from "effect-julep"
import { agent } from "./agents.js"
import { session } from "./sessions.js"
import { user } from "./users.js"

export interface Speakers {
  readonly situation: string
  /** Names by the roles of messages. */
  readonly names: { readonly [role: string]: string }
}

export const speakers = Atom.family((id: SessionId) =>
  Atom.make((get): Speakers => {
    const known = Option.getOrUndefined(Result.value(get(session(id))))
    if (known === undefined) return { situation: "", names: {} }
    const { agent_id, situation, user_id } = known
    const answers = Option.getOrUndefined(Result.value(get(agent(agent_id))))
    const asks = user_id ? Option.getOrUndefined(Result.value(get(user(user_id)))) : undefined
    return {
      situation: situation ?? "",
      names: {
        ...(answers === undefined ? {} : { assistant: answers.name }),
        ...(asks === undefined ? {} : { user: asks.name })
      }
    }
  })
)
