import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ChatId, ChatRequest, ChatResponse, ChatStreamEvent, InputTool } from "../../schema/Chat.js"
import type { ChatMLMessage, MessageId } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"
import { DEFAULT_MODEL } from "../../schema/Settings.js"
import { Ids } from "../ports/Ids.js"
import {
  Model,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
  type ModelSettings,
  type ModelTool,
  type ModelToolCall
} from "../ports/Model.js"
import {
  type AgentRow,
  type EntryRow,
  type SessionRow,
  Storage,
  type StorageError,
  type ToolRow
} from "../ports/Storage.js"
import * as Context from "./Context.js"
import { type Failure, found, unprocessable } from "./Failure.js"
import { ModelName } from "./ModelName.js"
import * as Recall from "./Recall.js"
import { statementsOf } from "./Remember.js"
import { SessionQueue } from "./SessionQueue.js"

/** At most this many messages of history are read for a turn, the newest. */
const MAX_HISTORY = 500

const chatId = Brand.nominal<ChatId>()
const messageId = Brand.nominal<MessageId>()

const settingNames = [
  "frequency_penalty",
  "length_penalty",
  "logit_bias",
  "max_tokens",
  "min_p",
  "presence_penalty",
  "preset",
  "repetition_penalty",
  "response_format",
  "seed",
  "stop",
  "temperature",
  "top_p"
] as const satisfies ReadonlyArray<keyof ModelSettings>

/** A request's own setting, else the agent's; what neither set is left to the endpoint. */
const settingsOf = (request: ChatRequest, agent: AgentRow): ModelSettings =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const value = request[name] ?? agent.default_settings[name]
      return value === undefined || value === null ? [] : [[name, value]]
    })
  )

/** The agent's tools and the request's, merged by name; the request's win. */
const toolsOf = (own: ReadonlyArray<ToolRow>, given: ReadonlyArray<InputTool>): ReadonlyArray<ModelTool> => {
  const byName = new Map<string, ModelTool>()
  for (const tool of [...own, ...given.map((tool) => tool.function)]) {
    const description = tool.description ?? undefined
    byName.set(tool.name, {
      name: tool.name,
      parameters: tool.parameters,
      ...(description === undefined ? {} : { description })
    })
  }
  return [...byName.values()]
}

/** `tool_choice`, where it means something: it must name a tool there is, and says nothing without tools. */
const choiceOf = (request: ChatRequest, tools: ReadonlyArray<ModelTool>) => {
  const choice = request.tool_choice
  if (choice === undefined) return Effect.succeed({})
  if (typeof choice === "string") return Effect.succeed(tools.length === 0 ? {} : { tool_choice: choice })
  return tools.some((tool) => tool.name === choice.function.name)
    ? Effect.succeed({ tool_choice: choice })
    : Effect.fail(
        unprocessable(
          "tool_choice.function.name",
          `no tool named "${choice.function.name}" is the agent's or the request's`
        )
      )
}

/** What a reply is made of. */
type Said = Pick<ModelReply, "content" | "tool_calls">

const callText = ({ arguments: args, id, name }: ModelToolCall): string => JSON.stringify({ id, name, arguments: args })

/** The messages of a reply: its text, if any, then one `function_call` a call. */
const replyEntries = (said: Said, agent: AgentRow, newIds: ReadonlyArray<string>, at: number, aborted = false) => {
  const calls = said.tool_calls.map((call) => ({ role: "function_call", content: callText(call) }))
  const content = said.content ?? ""
  const text = content === "" && calls.length > 0 ? [] : [content]
  return [...text.map((content) => ({ role: "assistant", content })), ...calls].map(
    (message, index): EntryRow => ({
      ...message,
      id: newIds[index] ?? "",
      name: agent.name,
      tool_call_id: null,
      aborted,
      created_at: at
    })
  )
}

const toMessage = (entry: EntryRow): ChatMLMessage => ({
  id: messageId(entry.id),
  role: entry.role,
  content: entry.content,
  name: entry.name,
  tool_call_id: entry.tool_call_id,
  aborted: entry.aborted,
  created_at: new Date(entry.created_at)
})

/** One turn of a conversation. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const model = yield* Model
  const names = yield* ModelName
  const recall = yield* Recall.make
  const queue = new SessionQueue()

  const newIds = (count: number) => Effect.all(Array.from({ length: count }, () => ids.next))

  /** Whether a request can be done at all. */
  const check = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const session = yield* found("session", id)(storage.sessions.get(developer, id))
    const agent = yield* found("agent", session.agent_id)(storage.agents.get(developer, session.agent_id))
    const tools = toolsOf(yield* storage.tools.all(developer, agent.id), request.tools ?? [])
    const choice = yield* choiceOf(request, tools)
    return { agent, choice, session, tools }
  })

  /** Everything before the model is asked; the last of it is that the user's message is stored. */
  const prepare = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const { agent, choice, session, tools } = yield* check(developer, id, request)
    const user =
      session.user_id === null ? undefined : Option.getOrUndefined(yield* storage.users.get(developer, session.user_id))
    const recalled =
      request.recall === false ? Recall.nothing : yield* recall(developer, session, Recall.queryOf(request.messages))
    const newest = yield* storage.entries.list(developer, id, { limit: MAX_HISTORY, offset: 0, order: "desc" })
    const at = yield* Clock.currentTimeMillis
    const entryIds = yield* newIds(request.messages.length)
    const messages = request.messages.map((message, index) => Context.entryOf(message, entryIds[index] ?? "", at))
    const asked: ModelRequest = {
      model: names.resolve(agent.model ?? DEFAULT_MODEL),
      messages: Context.render({ session, agent, user, recalled, history: newest.toReversed(), messages }),
      tools,
      settings: settingsOf(request, agent),
      ...choice
    }
    if (request.record !== false) yield* storage.entries.append(developer, id, messages)
    return { agent, asked, developer, id, messages, recalled, request, session }
  })

  /** What is kept of a finished turn, in one transaction: the reply, and what the user said of themselves. */
  const keep = Effect.fnUntraced(function* (turn: Turn, said: Said) {
    const { agent, developer, id, messages, request, session } = turn
    const record = request.record !== false
    const at = yield* Clock.currentTimeMillis
    const entries = replyEntries(said, agent, yield* newIds(said.tool_calls.length + 1), at)
    const statements = request.remember === false ? [] : statementsOf(messages)
    const memoryIds = yield* newIds(statements.length)
    yield* Effect.gen(function* () {
      if (record) yield* storage.entries.append(developer, id, entries)
      for (const [index, statement] of statements.entries()) {
        yield* storage.memories.remember(developer, {
          id: memoryIds[index] ?? "",
          agent_id: session.agent_id,
          user_id: session.user_id,
          content: statement.text,
          entities: [],
          sentiment: 0,
          timestamp: at,
          last_accessed_at: null,
          created_at: at,
          source_message_ids: record ? [statement.message_id] : []
        })
      }
    }).pipe(storage.transaction)
    return entries
  })

  /** What is kept of a turn that broke off: the text so far, marked. Calls that nobody saw are not kept. */
  const keepPartial = Effect.fnUntraced(function* ({ agent, developer, id, request }: Turn, text: string) {
    if (request.record === false || text === "") return
    const at = yield* Clock.currentTimeMillis
    const entries = replyEntries({ content: text, tool_calls: [] }, agent, yield* newIds(1), at, true)
    yield* storage.entries.append(developer, id, entries)
  })

  /** One turn, answered when the reply is whole. */
  const complete = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* queue.turn(`${developer} ${id}`)
    const turn = yield* prepare(developer, id, request)
    const reply = yield* model.complete(turn.asked)
    const [first, ...rest] = (yield* keep(turn, reply)).map(toMessage)
    if (first === undefined) return yield* Effect.dieMessage("a reply has at least one message")
    const response: ChatResponse = {
      id: chatId(yield* ids.next),
      finish_reason: reply.finish_reason,
      response: [[first, ...rest]],
      usage: reply.usage,
      jobs: [],
      doc_ids: Recall.docIdsOf(turn.recalled)
    }
    return response
  }, Effect.scoped)

  /**
   * One turn, told as the reply is written. What is wrong with the request fails at once; the turn itself begins with
   * the stream, and a reply that is abandoned or breaks off is kept as far as it came.
   */
  const stream = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* check(developer, id, request)
    const reply = chatId(yield* ids.next)
    return Stream.unwrapScoped(
      queue.turn(`${developer} ${id}`).pipe(
        Effect.zipRight(prepare(developer, id, request)),
        Effect.map((turn) => tell(turn, { id: reply, finish_reason: null }))
      )
    )
  })

  const tell = (turn: Turn, base: Pick<ChatStreamEvent, "id" | "finish_reason">) =>
    Stream.suspend((): Stream.Stream<ChatStreamEvent, Failure> => {
      let text = ""
      let role: string | undefined
      let kept = false
      const calls: Array<ModelToolCall> = []
      const opening: ChatStreamEvent = { ...base, response: [[]], doc_ids: Recall.docIdsOf(turn.recalled) }

      const delta = (next: string, content: string): ChatStreamEvent => {
        const begins = next === "function_call" || role !== next
        role = next
        return { ...base, response: [[begins ? { role: next, name: turn.agent.name, content } : { content }]] }
      }
      const onEvent = (event: ModelEvent): Effect.Effect<ReadonlyArray<ChatStreamEvent>, StorageError> => {
        switch (event._tag) {
          case "Text":
            text += event.text
            return Effect.succeed([delta("assistant", event.text)])
          case "Call":
            calls.push(event.call)
            return Effect.succeed([delta("function_call", callText(event.call))])
          case "End":
            return Effect.map(keep(turn, { content: text, tool_calls: calls }), () => {
              kept = true
              const { finish_reason, usage } = event
              return [{ ...base, response: [[]], finish_reason, usage, jobs: [] }]
            })
        }
      }
      return Stream.make(opening).pipe(
        Stream.concat(model.stream(turn.asked).pipe(Stream.mapEffect(onEvent), Stream.flattenIterables)),
        Stream.ensuring(
          Effect.suspend(() => (kept ? Effect.void : keepPartial(turn, text))).pipe(
            Effect.catchAll((error) => Effect.logError("The partial reply could not be kept", error))
          )
        )
      )
    })

  return { complete, stream }
})

/** A turn that is ready to be answered. */
interface Turn {
  readonly developer: string
  readonly id: SessionId
  readonly request: ChatRequest
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly recalled: Recall.Recalled
  readonly messages: ReadonlyArray<EntryRow>
  readonly asked: ModelRequest
}
