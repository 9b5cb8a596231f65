/** A conversation of the terminal: its session, its turns, and what the last one was made of. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ChatResponse, type ChatStreamEvent, deltaText, isCall } from "../../schema/Chat.js"
import type { SessionId } from "../../schema/Session.js"
import type { Failure } from "../exitCodes.js"
import { printError, Stdio } from "../output.js"
import type { Participants } from "../participants.js"
import { sanitizeForTerminal } from "../table.js"
import { make as renderer } from "./markdown.js"

/** A reply, as far as the commands of a conversation show it. */
export interface Last {
  readonly recalled?: ChatStreamEvent["recalled"] | undefined
  readonly prompt?: ChatStreamEvent["prompt"] | undefined
}

export interface Conversation extends Participants {
  /** The session, once there is one. */
  readonly current: () => Option.Option<SessionId>
  /** The last reply. */
  readonly last: () => Last
  /** Begins a new session with the next message. */
  readonly begin: Effect.Effect<void>
  /** Sends a message and writes the reply as it comes. `interruptible`: whether Ctrl-C stops the reply alone. */
  readonly say: (text: string, options: { readonly interruptible: boolean }) => Effect.Effect<void, Failure, Stdio>
  /** Sends a message and returns the reply. */
  readonly ask: (text: string) => Effect.Effect<{ readonly session_id: SessionId } & ChatResponse, Failure>
}

/** What a person should know of how a reply ended. */
const endings: { readonly [reason: string]: string } = {
  length: "The reply was cut at its limit of tokens.",
  content_filter: "The provider of the model withheld the rest of the reply.",
  tool_calls: "The model waits for the results of tools, which a chat in the terminal does not run."
}

const callsIn = ({ response }: ChatStreamEvent): ReadonlyArray<string> =>
  response.flat().flatMap((delta) => (isCall(delta) && delta.content ? [delta.content] : []))

/** Makes a conversation. */
export const make = ({ session, ...participants }: Participants): Conversation => {
  const { agent, julep, user } = participants
  let current = session
  let last: Last = {}

  const sessionId: Effect.Effect<SessionId, Failure> = Effect.suspend(() =>
    Option.isSome(current)
      ? Effect.succeed(current.value)
      : Effect.map(
          julep.sessions.create({ agent_id: agent.id, ...(Option.isSome(user) ? { user_id: user.value } : {}) }),
          ({ id }) => {
            current = Option.some(id)
            return id
          }
        )
  )
  const input = (content: string) => ({ messages: [{ role: "user" as const, content }], explain: true })

  return {
    ...participants,
    session,
    current: () => current,
    last: () => last,
    begin: Effect.sync(() => {
      current = Option.none()
      last = {}
    }),
    ask: (text) =>
      Effect.flatMap(sessionId, (session_id) =>
        Effect.map(julep.sessions.chat(session_id, text), (reply) => ({ session_id, ...reply }))
      ),
    say: (text, { interruptible }) =>
      Effect.gen(function* () {
        const { colors, interrupt, write } = yield* Stdio
        const { end, push } = renderer(colors)
        let ending: string | undefined
        let isEmpty = true
        const reply = sessionId.pipe(
          Effect.flatMap((id) =>
            Stream.runForEach(julep.sessions.chatStream(id, input(text)), (event) => {
              if (event.recalled || event.prompt) last = { recalled: event.recalled, prompt: event.prompt }
              ending = event.finish_reason ?? ending
              const piece = push(deltaText(event))
              isEmpty &&= piece === ""
              const calls = callsIn(event).map((call) => printError(`Calls ${sanitizeForTerminal(call)}`))
              return Effect.zipRight(piece === "" ? Effect.void : write(piece), Effect.all(calls, { discard: true }))
            })
          ),
          Effect.as("ended" as const)
        )
        const how = yield* (
          interruptible ? Effect.raceFirst(reply, Effect.as(interrupt, "stopped" as const)) : reply
        ).pipe(
          // Whatever ends a reply, its line ends.
          Effect.ensuring(
            Effect.suspend(() => {
              const rest = end()
              return isEmpty && rest === "" ? Effect.void : write(`${rest}\n`)
            })
          )
        )
        const more = how === "stopped" ? "Stopped. The partial reply is kept." : endings[ending ?? ""]
        if (more !== undefined) yield* printError(more)
        else if (isEmpty) yield* printError("The reply is empty.")
      })
  }
}
