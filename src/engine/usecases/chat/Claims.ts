/** Claims of tool calls, so that only one of several programs runs them. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ClaimToolCalls, ToolCallsClaimed } from "../../../schema/Claim.js"
import { Conflict } from "../../../schema/Errors.js"
import type { SessionId } from "../../../schema/Session.js"
import { type EntryRow, Storage } from "../../ports/Storage.js"
import { notFound } from "../Failure.js"
import { answer, callOf } from "../prompt/Calls.js"
import { withToolResults } from "../prompt/ToolResults.js"

const conflict = (code: string, message: string) => new Conflict({ message, code, status: 409 })

const answered = () =>
  conflict(
    "CALL_ANSWERED",
    "One of these calls has a result, or the conversation has gone on without it. Nothing was claimed."
  )

const claimed = () =>
  conflict(
    "CALL_CLAIMED",
    "One of these calls is claimed, so another program may be running it. Nothing was claimed. If that program has ended, " +
      "take over its claims: resume with takeOverAfter, a duration, or claim with take_over_after, in seconds."
  )

const notOurs = () =>
  conflict(
    "CALL_CLAIMED",
    "One of these calls is not claimed at this time: its claim was released or taken over. Nothing was released."
  )

/** The ids of the calls at the beginning of some entries that have no result yet. They wait for one until the next reply. */
const openCalls = (entries: ReadonlyArray<EntryRow>): ReadonlySet<string> => {
  const batch = Arr.takeWhile(entries, ({ role }) => role === "function_call")
  const calls = batch.flatMap((entry) => {
    const call = callOf(entry, "")
    return call === undefined ? [] : [{ ...call, entry }]
  })
  const after = withToolResults(entries).slice(batch.length)
  if (after.some(({ from_model }) => from_model)) return new Set()
  const { answers } = answer(
    calls,
    after.filter(({ role }) => role === "function")
  )
  return new Set(calls.flatMap((call) => (answers.has(call) ? [] : [call.entry.id])))
}

/**
 * Claims calls, or releases a claim: all of them, or none. Nothing else ends a claim but a result, a later reply, or a claim
 * that takes over.
 */
export const make = Effect.map(Storage, (storage) =>
  Effect.fnUntraced(function* (
    developer: string,
    session: SessionId,
    { message_ids, release, take_over_after }: ClaimToolCalls
  ) {
    if (!(yield* storage.sessions.exists(developer, session))) return yield* notFound("session", session)
    const found = yield* storage.entries.at(developer, session, message_ids)
    const [first] = found
    const missing = message_ids.find((id) => !found.some((entry) => entry.id === id))
    if (first === undefined || missing !== undefined) return yield* notFound("message", missing ?? "")
    if (release !== undefined) {
      if (!(yield* storage.entries.release(developer, session, message_ids, release.getTime()))) return yield* notOurs()
      const released: ToolCallsClaimed = { message_ids, claimed_at: release }
      return released
    }
    const open = openCalls(yield* storage.entries.calls(developer, session, first.id))
    if (!message_ids.every((id) => open.has(id))) return yield* answered()
    const now = yield* Clock.currentTimeMillis
    const before = take_over_after === undefined ? null : now - take_over_after * 1000
    if (!(yield* storage.entries.claim(developer, session, message_ids, now, before))) return yield* claimed()
    const done: ToolCallsClaimed = { message_ids, claimed_at: new Date(now) }
    return done
  })
)
