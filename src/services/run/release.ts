/** Releases the claim of calls whose tools did not run or failed, so that the next `resume` may run them. */
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Stream from "effect/Stream"
import type { ToolCallsClaimed } from "../../schema/Claim.js"
import { MessageId } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"
import type { Claim } from "./resume.js"
import type { Open } from "./rounds.js"
import type { Settings } from "./settings.js"
import type { ToolCall } from "./toolCalls.js"

/** The claim of a session's calls, and its release. */
export const make = (id: SessionId, claim: Claim) => {
  let claimed: ToolCallsClaimed | undefined
  /** Calls that have run or may have: their tools have begun, and have not failed with an error that the program sees. */
  const ran = new Set<ToolCall>()

  const noting = <E, R>(call: ToolCall, run: Effect.Effect<unknown, E, R>) =>
    Effect.suspend(() => {
      ran.add(call)
      return Effect.tapError(run, () => Effect.sync(() => ran.delete(call)))
    })

  const release = ({ calls, results }: Open) =>
    Effect.suspend(() => {
      const [first, ...others] = calls.flatMap((found) =>
        results.has(found) || ran.has(found.call) ? [] : [MessageId.make(found.message_id ?? "")]
      )
      return claimed === undefined || first === undefined
        ? Effect.void
        : Effect.ignore(claim(id, { message_ids: [first, ...others], release: claimed.claimed_at }))
    })

  return {
    claim: (id, calls) =>
      Effect.tap(claim(id, calls), (made) =>
        Effect.sync(() => {
          claimed = made
        })
      ),
    /** The same tools, which note that they run. */
    noted: <E, R>(settings: Settings<E, R>): Settings<E, R> => ({
      ...settings,
      tools: Record.map(settings.tools, (tool): Settings<E, R>["tools"][string] =>
        typeof tool === "function"
          ? (args, call) => noting(call, tool(args, call))
          : {
              ...tool,
              prepare: (call) => Effect.map(tool.prepare(call), (ready) => ({ ...ready, run: noting(call, ready.run) }))
            }
      )
    }),
    releasing: <A, E, R>(events: Stream.Stream<A, E, R>, open: Open): Stream.Stream<A, E, R> =>
      Stream.tapError(events, () => release(open))
  } satisfies { readonly claim: Claim; readonly [name: string]: unknown }
}
