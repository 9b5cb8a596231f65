/** Turns a chat request into a request to the model: participants, tools, recall, history, templates. Writes nothing. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ChatRequest } from "../../../schema/Chat.js"
import type { SessionId } from "../../../schema/Session.js"
import { DEFAULT_MODEL } from "../../../schema/Settings.js"
import { Ids } from "../../ports/Ids.js"
import { Model, type ModelRequest } from "../../ports/Model.js"
import { type AgentRow, type EntryRow, type SessionRow, Storage, type UserRow } from "../../ports/Storage.js"
import { type Count, Tokenizer } from "../../ports/Tokenizer.js"
import { withSpan } from "../../telemetry/Spans.js"
import { found, unprocessable } from "../Failure.js"
import { CurrentKey, idOf } from "../Idempotency.js"
import * as Summarize from "../learn/Summarize.js"
import { ModelName } from "../ModelName.js"
import * as Budget from "../prompt/Budget.js"
import * as Context from "../prompt/Context.js"
import * as Templates from "../prompt/Templates.js"
import * as Recall from "../recall/Recall.js"
import * as History from "./History.js"
import { choiceOf, settingsOf, toolsOf } from "./TurnRequest.js"

/** A request with the session it is for. */
export interface CheckedRequest {
  readonly developer: string
  readonly id: SessionId
  readonly request: ChatRequest
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  /** The messages of the request, as rows of history. */
  readonly messages: NonEmptyReadonlyArray<EntryRow>
  /** The request to the model, without its messages. */
  readonly modelOptions: Omit<ModelRequest, "messages">
  /** The endpoint and the model: what they add to replies is sent back to them only. */
  readonly source: string
  readonly count: Count
  /** The tokens that the prompt may have. */
  readonly budget: number
}

/** A turn that is ready for the model. */
export interface Turn extends CheckedRequest {
  /** The docs, memories and earlier turns in the prompt. */
  readonly recalled: Recall.Recalled
  /** The messages before this turn that no summary covers, as far as they were read. */
  readonly history: ReadonlyArray<EntryRow>
  /** Whether an earlier attempt under the same idempotency key has stored the messages. */
  readonly stored: boolean
  readonly modelRequest: ModelRequest
}

/** The attributes of a turn's spans. */
export const attributesOf = ({ id }: Pick<CheckedRequest, "id">) => ({ "julep.session_id": id })

export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const names = yield* ModelName
  const { endpoint = "" } = yield* Model
  const tokenizer = yield* Tokenizer
  const recall = yield* Recall.make
  const newest = yield* History.make
  const templates = yield* Templates.make

  /** The ids of messages under an idempotency key are the same for every attempt. */
  const entriesOf = ({ messages }: ChatRequest, at: number) =>
    Effect.flatMap(CurrentKey, (key) =>
      Effect.forEach(messages, (message, index) =>
        Effect.map(key === undefined ? ids.next : idOf(`${key} ${index}`), (id) => Context.entryOf(message, id, at))
      )
    )

  const fitted = (parts: Context.ContextParts, { budget, count }: CheckedRequest) =>
    Effect.flatMap(templates.render(parts), (rendered) =>
      Either.mapLeft(Budget.fit(rendered, budget, count), (reason) => unprocessable("messages", reason))
    )

  /** Reads the session and resolves model, tools and settings; fails if the session or the chosen tool is missing. */
  const check = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const participants = yield* found("session", id)(storage.sessions.participants(developer, id))
    const { agent, session, user } = participants
    const tools = toolsOf(participants.tools, request.tools ?? [])
    const choice = yield* choiceOf(request, tools)
    const settings = settingsOf(request, agent)
    const model = names.resolve(agent.model ?? DEFAULT_MODEL)
    const count = tokenizer.of(model)
    const checked: CheckedRequest = {
      developer,
      id,
      request,
      session,
      agent,
      user,
      messages: yield* entriesOf(request, yield* Clock.currentTimeMillis),
      modelOptions: { model, tools, settings, ...choice },
      source: `${endpoint} ${model}`,
      count,
      budget: Budget.promptBudget(names.window(model), settings.max_tokens, tools, count)
    }
    return checked
  })

  /** Fails if no prompt can be made, whatever history and recall add: a bad template, or fixed messages that are too long. */
  const validate = (checked: CheckedRequest) =>
    Effect.asVoid(fitted({ ...checked, history: [], recalled: Recall.nothing }, checked))

  const recalledFor = (checked: CheckedRequest) => {
    const { developer, request, session } = checked
    return request.recall === false
      ? Effect.succeed(Recall.nothing)
      : withSpan("chat.recall", attributesOf(checked))(recall(developer, session, Recall.queryOf(request.messages)))
  }

  const turnOf = Effect.fnUntraced(function* (checked: CheckedRequest, recalled: Recall.Recalled) {
    const { budget, count, developer, messages, modelOptions, session } = checked
    const before = Summarize.notSummarized(session, yield* newest(developer, session, budget, count))
    const own = new Set(messages.map((message) => message.id))
    const history = before.filter((entry) => !own.has(entry.id))
    const parts = yield* fitted({ ...checked, history, recalled }, checked)
    const turn: Turn = {
      ...checked,
      history,
      recalled: parts.recalled,
      stored: history.length < before.length,
      modelRequest: { ...modelOptions, messages: parts.prompt }
    }
    return turn
  })

  /** Recalls, reads history and makes the prompt. */
  const assemble = (checked: CheckedRequest) =>
    Effect.flatMap(recalledFor(checked), (recalled) =>
      withSpan("chat.prompt", attributesOf(checked))(turnOf(checked, recalled))
    )

  return { check, validate, assemble }
})
