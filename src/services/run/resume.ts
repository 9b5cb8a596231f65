/** Goes on with the calls that a run has left open: it was suspended, interrupted, or failed. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ChatInput } from "../../schema/Chat.js"
import { type ChatError, Conflict, NotFound } from "../../schema/Errors.js"
import type { ReadHistory } from "./history.js"
import { batchesOf, saysWhatIsOpen } from "./openCalls.js"
import type { Approval } from "./Run.js"
import type { FoundCall } from "./toolCalls.js"
import type { Claim, OpenCalls } from "./undelivered.js"

/** How `sessions.resume` takes up open calls. */
export interface ResumeOptions {
  /**
   * Decisions on calls that a run was suspended for, by their `message_id`: on all of them, because no decision is kept. The
   * calls of a run that is suspended again have the decisions that were made.
   */
  readonly decisions?: { readonly [message_id: string]: Approval } | undefined
  /**
   * Takes over claims that are older than this: the program that has claimed the calls has ended, so that its tools may have
   * run or not. Default: never.
   */
  readonly takeOverAfter?: Duration.DurationInput | undefined
  /**
   * Whether the calls are claimed, so that no other program runs them too. `false` is for servers that have no claims.
   * Default: `true`.
   */
  readonly claim?: boolean | undefined
  /** Settings of the chats, none of which may be `record: false`: those of the run are not kept. */
  readonly settings?: Omit<ChatInput, "messages"> | undefined
}

const noClaims = (id: string) =>
  new NotFound({
    message:
      "This server cannot claim calls, so another program could run them too. Pass claim: false to resume without a claim.",
    resource: "claim",
    id,
    status: 404
  })

const conflict = (message: string, code = "CALL_ANSWERED") => new Conflict({ message, code, status: 409 })

const nothingOpen = (id: string, isAborted: boolean) =>
  isAborted
    ? conflict(
        `Session ${id} has no open calls: its last reply broke off. Chat again, for example with "Go on.".`,
        "REPLY_ABORTED"
      )
    : conflict(`Session ${id} has no open calls: they have results, or the conversation has gone on.`)

const notOpen = (message_id: string) =>
  conflict(`decisions has the key ${message_id}, which must be the message_id of a call of the last reply.`)

/** The open calls of a session, as a run takes them up. */
export const openCalls = (
  id: string,
  history: ReadHistory,
  claim: Claim,
  { claim: claims = true, decisions = {}, takeOverAfter }: ResumeOptions
): Effect.Effect<OpenCalls, ChatError> =>
  Effect.gen(function* () {
    const messages = yield* history(saysWhatIsOpen)
    const batch = batchesOf(messages).at(-1)
    if (batch === undefined || batch.replied) return yield* nothingOpen(id, messages.at(-1)?.aborted === true)
    const { calls, results } = batch
    // A resumption that is repeated may decide on calls that have a result by now.
    const stale = Object.keys(decisions).find((key) => !calls.some(({ message_id }) => message_id === key))
    if (stale !== undefined) return yield* notOpen(stale)
    const take_over_after = takeOverAfter === undefined ? {} : { take_over_after: Duration.toSeconds(takeOverAfter) }
    return {
      calls,
      results,
      stored: Effect.succeed(batch),
      recorded: true,
      decided: ({ message_id = "" }) => decisions[message_id],
      claim: (left: ReadonlyArray<FoundCall>) =>
        Effect.mapError(
          claim(
            left.flatMap(({ message_id }) => (claims && message_id !== undefined ? [message_id] : [])),
            take_over_after
          ),
          // The session and the message exist, so the server does not know the operation.
          (error) => (error._tag === "NotFound" && error.resource !== "message" ? noClaims(id) : error)
        )
    }
  })
