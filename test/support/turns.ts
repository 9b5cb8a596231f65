/** Shared steps of conformance tests: a session to chat in, the requests that reach the model, and how a call fails. */
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Stream from "effect/Stream"
import type { ModelMessage, ModelReply, ModelRequest } from "../../src/engine/ports/Model.js"
import { AgentId, Julep, type RequestError } from "../../src/index.js"
import { Scripted } from "../../src/layers/Scripted.js"
import type { CreateAgent } from "../../src/schema/Agent.js"
import type { ChatInput } from "../../src/schema/Chat.js"
import type { Content, InputChatMLMessage } from "../../src/schema/Message.js"
import type { CreateSession, SessionId } from "../../src/schema/Session.js"
import type { CreateUser } from "../../src/schema/User.js"
import { errorFields } from "./errorFields.js"

/** An id that nothing has. */
export const UNKNOWN_ID = "11111111-1111-4111-8111-111111111111"
export const noAgent = AgentId.make(UNKNOWN_ID)

export interface Parts {
  readonly agent?: Partial<CreateAgent>
  /** Without it the session is userless. */
  readonly user?: CreateUser
  readonly session?: Partial<CreateSession>
}

/** An agent, a user if one is wanted, and a session between them. */
export const scene = Effect.fnUntraced(function* (parts: Parts = {}) {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada", ...parts.agent })
  const user = parts.user === undefined ? undefined : yield* julep.users.create(parts.user)
  const session = yield* julep.sessions.create({
    agent_id: agent.id,
    ...(user === undefined ? {} : { user_id: user.id }),
    ...parts.session
  })
  return { julep, agent, user, session }
})

/** The same with a user. */
export const sceneWithUser = (parts: Parts = {}) =>
  Effect.flatMap(scene({ user: { name: "Sam" }, ...parts }), (made) =>
    made.user === undefined ? Effect.dieMessage("no user") : Effect.succeed({ ...made, user: made.user })
  )

/** A message of the user. */
export const says = (content: Content): InputChatMLMessage => ({ role: "user", content })

/** One turn. */
export const chat = (session: SessionId, content: Content, input: Omit<ChatInput, "messages"> = {}) =>
  Effect.flatMap(Julep, ({ sessions }) => sessions.chat(session, { messages: [says(content)], ...input }))

/** Every request to the model. */
export const requests: Effect.Effect<ReadonlyArray<ModelRequest>, never, Scripted> = Effect.flatMap(
  Scripted,
  (scripted) => scripted.requests
)

/** The last request to the model. */
export const lastRequest: Effect.Effect<ModelRequest, never, Scripted> = Effect.flatMap(requests, (all) =>
  Effect.orDieWith(Arr.last(all), () => new Error("no request reached the model"))
)

/** The system content of a request. */
export const systemOf = ({ messages }: ModelRequest): string =>
  messages.flatMap((message) => (message.role === "system" ? [message.content] : [])).join("\n\n--\n\n")

/** The block with what was recalled, at the head of a text. */
const block = /^<(recalled_\w{9})>\n[\s\S]*?\n<\/\1>\n\n/

const withoutBlock = (content: Content): Content =>
  typeof content === "string"
    ? content.replace(block, "")
    : content.filter((part) => part.type !== "text" || !block.test(`${part.text}\n\n`))

/** The messages of a request after its system message, without what was recalled. */
export const turnsOf = ({ messages }: ModelRequest): ReadonlyArray<ModelMessage> =>
  messages
    .filter(({ role }) => role !== "system")
    .map((message) => (message.role === "user" ? { ...message, content: withoutBlock(message.content) } : message))

/** What was recalled for a request: the block at the head of its newest user message, or the empty text. */
export const recalledOf = ({ messages }: ModelRequest): string => {
  const content = messages.findLast(({ role }) => role === "user")?.content ?? ""
  const [first] =
    typeof content === "string" ? [content] : content.map((part) => (part.type === "text" ? part.text : ""))
  return block.exec(`${first}\n\n`)?.[0].trimEnd() ?? ""
}

/** What a request says beside the conversation: the system message, and what was recalled. */
export const backgroundOf = (request: ModelRequest): string => `${systemOf(request)}\n\n${recalledOf(request)}`

/** The system message of the last request to the model. */
export const system = Effect.map(lastRequest, systemOf)

/** What the last request to the model says beside the conversation. */
export const background = Effect.map(lastRequest, backgroundOf)

/** The error of a call that must fail, as a plain object. */
export const failure = <A, R>(effect: Effect.Effect<A, RequestError, R>) => Effect.map(Effect.flip(effect), errorFields)

/** The texts of a session's history, with their roles. */
export const historyOf = (session: SessionId) =>
  Effect.flatMap(Julep, ({ sessions }) =>
    Effect.map(Stream.runCollect(sessions.historyAll(session)), (messages) =>
      Chunk.toReadonlyArray(messages).map(({ content, role }) => [role, textOf(content)])
    )
  )

const textOf = (content: Content): string =>
  typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "[image]")).join("")

/** A model's reply of a text, for steps that are more than `Scripted.reply`. */
export const modelReply = (content: string): ModelReply => ({
  content,
  tool_calls: [],
  finish_reason: "stop",
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
})

/** How many turns wait for the turns of their sessions before them, in all engines of this process. */
export const waitingTurns: Effect.Effect<number> = Effect.map(Metric.snapshot, (pairs) => {
  const [value = 0] = pairs.flatMap(({ metricKey, metricState }) =>
    metricKey.name === "julep_waiting_turns" && MetricState.isGaugeState(metricState) ? [Number(metricState.value)] : []
  )
  return value
})
