/** Claims of tool calls, so that only one of several programs runs them, and what becomes of calls without a reply. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ClaimToolCalls, ToolCallsClaimed } from "../../../schema/Claim.js"
import { Conflict } from "../../../schema/Errors.js"
import { contentText } from "../../../schema/Message.js"
import type { SessionId } from "../../../schema/Session.js"
import { Ids } from "../../ports/Ids.js"
import { type Fence, Storage } from "../../ports/Storage.js"
import { notFound, unprocessable } from "../Failure.js"
import { matchResults } from "../prompt/Calls.js"
import { entryOf } from "../prompt/Context.js"
import { isOpen, resultOf, type ToolCallGroup, toolCallGroupOf } from "../prompt/ToolCallGroup.js"

const conflict = (code: string, message: string) => new Conflict({ message, code, status: 409 })

const answered = () =>
  conflict(
    "CALL_ANSWERED",
    "One of these calls has a result, or the conversation has gone on without it. Nothing was claimed or stored."
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
    "One of these calls has no claim with this claimed_at: it was released or taken over. Nothing was released or stored."
  )

const noCall = (id: string) => unprocessable(`results.${id}`, "the key must be one of message_ids")

const ambiguous = (id: string) =>
  unprocessable(
    `results.${id}`,
    "The result cannot be tied to its call, which has no id or that of another call. Send the results of all calls in one chat"
  )

/**
 * Claims calls, releases a claim, suspends calls: all of them, or none. Stores results without a reply. Nothing else ends a
 * claim but a result, a later reply, or a claim that takes over.
 */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids

  /** Results as messages of history. Fails unless each is tied to its own call there. */
  const rowsOf = Effect.fnUntraced(function* (
    group: ToolCallGroup,
    results: ReadonlyArray<readonly [string, string]>,
    at: number
  ) {
    const rows = yield* Effect.forEach(results, ([id, content]) =>
      Effect.map(ids.next, (row) => {
        const found = group.calls.get(id)
        return entryOf({ role: "function", name: found?.call.name, tool_call_id: found?.storedId, content }, row, at)
      })
    )
    const after = { ...group, ...matchResults([...group.calls.values()], [...group.results, ...rows]) }
    const loose = results.find(
      ([id], index) => group.calls.get(id)?.storedId === undefined || resultOf(after, id) !== rows[index]
    )
    return loose === undefined ? rows : yield* ambiguous(loose[0])
  })

  return Effect.fnUntraced(function* (developer: string, session: SessionId, request: ClaimToolCalls, fence: Fence) {
    const { entries } = storage
    const { message_ids, release, results = {}, suspend = false, take_over_after } = request
    if (!(yield* storage.sessions.exists(developer, session))) return yield* notFound("session", session)
    const found = yield* entries.at(developer, session, message_ids)
    const [first] = found
    const missing = message_ids.find((id) => !found.some((entry) => entry.id === id))
    if (first === undefined || missing !== undefined) return yield* notFound("message", missing ?? "")
    const stray = Object.keys(results).find((id) => !found.some((entry) => entry.id === id))
    if (stray !== undefined) return yield* noCall(stray)

    const now = yield* Clock.currentTimeMillis
    const done: ToolCallsClaimed = { message_ids, claimed_at: release ?? new Date(now) }
    const group = toolCallGroupOf(yield* entries.calls(developer, session, first.id))
    // A request that is sent again, because its response was lost, finds its own results.
    const left = message_ids.filter((id) => {
      const result = resultOf(group, id)
      return result === undefined || !Object.hasOwn(results, id) || contentText(result.content) !== results[id]
    })
    const given = Object.entries(results).filter(([id]) => left.some((each) => each === id))
    if (left.length === 0) return done
    const open = isOpen(group)
    if (!(release === undefined ? left : given.map(([id]) => id)).every(open)) return yield* answered()
    if (suspend) {
      yield* entries.suspend(developer, session, left)
      return done
    }
    if (release !== undefined) {
      if (!(yield* entries.release(developer, session, left, release.getTime()))) return yield* notOurs()
    } else {
      const before = take_over_after === undefined ? null : now - take_over_after * 1000
      if (!(yield* entries.claim(developer, session, left, now, before))) return yield* claimed()
    }
    yield* entries.append(developer, session, yield* rowsOf(group, given, now), { fence })
    return done
  })
})
