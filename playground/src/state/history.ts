/** The history of a session, as far as it is shown, and the prompts that the server still has. */
import { Atom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import { type ChatMLMessage, type SessionId, Sessions } from "effect-julep"
import { runtime } from "../client.js"
import { PAGE } from "./lists.js"

/** The messages of a history that are shown. */
export interface History {
  /** The oldest first. */
  readonly messages: ReadonlyArray<ChatMLMessage>
  /** Whether there are earlier ones. */
  readonly hasMore: boolean
}

/** How many messages of a session are shown at most. */
export const shownMessages = Atom.family((_session: SessionId) => Atom.keepAlive(Atom.make(PAGE)))

/** The last messages of a session. */
export const history = Atom.family((session: SessionId) =>
  runtime.atom((get) => {
    const most = get(shownMessages(session))
    return Effect.flatMap(Sessions, (sessions) => sessions.history(session, { limit: most + 1, order: "desc" })).pipe(
      Effect.map((newest): History => ({ messages: newest.slice(0, most).reverse(), hasMore: newest.length > most }))
    )
  })
)

/** The prompts that the server has of a session, the newest first. */
export const prompts = Atom.family((session: SessionId) =>
  runtime.atom(Effect.flatMap(Sessions, (sessions) => sessions.prompts(session)))
)
