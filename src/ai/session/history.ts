/** Whether the earlier part of a prompt is what was said in a session. */
import * as Effect from "effect/Effect"
import type { RequestError } from "../../schema/Errors.js"
import type { ChatMLMessage } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"
import type { Sessions } from "../../services/Sessions.js"
import { isSame, type Turn, turnOf } from "./turns.js"

/** Messages of history that are read at a time. */
const PAGE = 100

/**
 * Whether a message of history may be missing from a prompt: a question that was never answered, and a reply that broke off
 * or whose calls were not run. A program that saw a call fail does not have them.
 */
const mayBeMissing = ({ aborted, refused, role }: ChatMLMessage): boolean =>
  role !== "assistant" || aborted === true || refused === true

/**
 * Whether the newest messages of a session's history are these, in their order. It reads the history from its end, as far as
 * it must.
 */
export const endsWith = (
  sessions: Sessions.Service,
  id: SessionId,
  turns: ReadonlyArray<Turn>
): Effect.Effect<boolean, RequestError> =>
  Effect.gen(function* () {
    const left = [...turns]
    for (let offset = 0; ; offset += PAGE) {
      const page = yield* sessions.history(id, { order: "desc", limit: PAGE, offset })
      for (const message of page) {
        const next = left.at(-1)
        if (next === undefined) return true
        const stored = turnOf(message)
        if (stored !== undefined && isSame(next, stored)) left.pop()
        else if (!mayBeMissing(message)) return false
      }
      if (page.length < PAGE) return left.length === 0
    }
  })
