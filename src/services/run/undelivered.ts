/** What is left of the calls of a run that ends before the model has read their results. */
import * as Effect from "effect/Effect"
import type { ClaimToolCalls } from "../../schema/Claim.js"
import type { ChatError, GetError } from "../../schema/Errors.js"
import type { Batch } from "./openCalls.js"
import type { Approval, ToolResult } from "./Run.js"
import type { FoundCall } from "./toolCalls.js"

/** Claims calls of the session of a run, or stores what became of them. Succeeds with the time; without calls, at once. */
export type Claim = (
  message_ids: ReadonlyArray<string>,
  more: Omit<ClaimToolCalls, "message_ids">
) => Effect.Effect<Date | undefined, ChatError>

/** Calls to answer, and what is known about them. */
export interface OpenCalls {
  readonly calls: ReadonlyArray<FoundCall>
  /** Results that were sent or stored before. */
  readonly results: ReadonlyMap<FoundCall, ToolResult>
  /** Decisions that were made before. */
  readonly decided: (call: FoundCall) => Approval | undefined
  /** Runs between the decisions and the first tool. Succeeds with the time of the claim, if there is one. */
  readonly claim: (calls: ReadonlyArray<FoundCall>) => Effect.Effect<Date | undefined, ChatError>
  /** The calls as history has them, if it does. */
  readonly stored: Effect.Effect<Batch | undefined, GetError>
  /** Whether history has them. */
  readonly recorded: boolean
}

/** Calls whose results the model has not read. */
export interface UndeliveredResults {
  readonly open: OpenCalls
  readonly claimed_at: Date | undefined
  readonly results: Map<FoundCall, ToolResult>
  /** Calls that may have run: their tools have begun, and have neither a result nor an error. */
  readonly started: Set<FoundCall>
}

/** The ids of the messages of calls. Streamed replies have none: theirs are those of history. */
export const messageIds = ({
  calls,
  stored
}: OpenCalls): Effect.Effect<ReadonlyArray<string | undefined>, GetError> => {
  const ids = (found: ReadonlyArray<FoundCall>) => found.map(({ message_id }) => message_id)
  const own = ids(calls)
  return own.includes(undefined) ? Effect.map(stored, (batch) => ids(batch?.calls ?? [])) : Effect.succeed(own)
}

/** How long the end of a run waits until its results are stored. */
const LIMIT = "5 seconds"

/**
 * Stores the results without asking for a reply, and releases the claim of the calls that failed or have not begun, so that
 * `resume` runs these alone. A server that cannot do so leaves the calls open: the error that ended the run is the one to see.
 */
export const storeResults = (
  claim: Claim,
  { started, claimed_at: release, open, results }: UndeliveredResults
): Effect.Effect<void> =>
  Effect.flatMap(messageIds(open), (ids) => {
    const left = open.calls.flatMap((found, index) => {
      const [id, result] = [ids[index], results.get(found)]
      if (id === undefined || open.results.has(found) || started.has(found)) return []
      return result === undefined && release === undefined ? [] : [{ id, result }]
    })
    const given = left.flatMap(({ id, result }) => (result === undefined ? [] : [[id, result.content]]))
    return claim(
      left.map(({ id }) => id),
      { release, results: Object.fromEntries(given) }
    )
  }).pipe(Effect.interruptible, Effect.timeout(LIMIT), Effect.ignoreLogged)
