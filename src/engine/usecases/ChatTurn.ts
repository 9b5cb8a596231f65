import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ChatId, ChatRequest, ChatResponse, InputTool } from "../../schema/Chat.js"
import type { ChatMLMessage, MessageId } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"
import { DEFAULT_MODEL } from "../../schema/Settings.js"
import { Ids } from "../ports/Ids.js"
import { Model, type ModelReply, type ModelRequest, type ModelSettings, type ModelTool } from "../ports/Model.js"
import { type AgentRow, type EntryRow, Storage, type ToolRow } from "../ports/Storage.js"
import * as Context from "./Context.js"
import { found, unprocessable } from "./Failure.js"
import { ModelName } from "./ModelName.js"
import * as Recall from "./Recall.js"
import { statementsOf } from "./Remember.js"

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

/** The messages of a reply: its text, if any, then one `function_call` a call. */
const replyEntries = (reply: ModelReply, agent: AgentRow, newIds: ReadonlyArray<string>, at: number) => {
  const calls = reply.tool_calls.map((call) => ({
    role: "function_call",
    content: JSON.stringify({ id: call.id, name: call.name, arguments: call.arguments })
  }))
  const content = reply.content ?? ""
  const text = content === "" && calls.length > 0 ? [] : [content]
  return [...text.map((content) => ({ role: "assistant", content })), ...calls].map(
    (message, index): EntryRow => ({
      ...message,
      id: newIds[index] ?? "",
      name: agent.name,
      tool_call_id: null,
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
  created_at: new Date(entry.created_at)
})

/** One turn of a conversation. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const model = yield* Model
  const names = yield* ModelName
  const recall = yield* Recall.make

  const newIds = (count: number) => Effect.all(Array.from({ length: count }, () => ids.next))

  /** What a turn is made of, before the model is asked. */
  const prepare = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const session = yield* found("session", id)(storage.sessions.get(developer, id))
    const agent = yield* found("agent", session.agent_id)(storage.agents.get(developer, session.agent_id))
    const user =
      session.user_id === null ? undefined : Option.getOrUndefined(yield* storage.users.get(developer, session.user_id))
    const tools = toolsOf(yield* storage.tools.all(developer, agent.id), request.tools ?? [])
    const choice = yield* choiceOf(request, tools)
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
    return { session, agent, recalled, messages, asked }
  })

  return Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const { session, agent, recalled, messages, asked } = yield* prepare(developer, id, request)
    const record = request.record !== false
    if (record) yield* storage.entries.append(developer, id, messages)

    const reply = yield* model.complete(asked)

    const at = yield* Clock.currentTimeMillis
    const entries = replyEntries(reply, agent, yield* newIds(reply.tool_calls.length + 1), at)
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

    const [first, ...rest] = entries.map(toMessage)
    if (first === undefined) return yield* Effect.dieMessage("a model's reply has text or calls")
    const response: ChatResponse = {
      id: chatId(yield* ids.next),
      finish_reason: reply.finish_reason,
      response: [[first, ...rest]],
      usage: reply.usage,
      jobs: [],
      doc_ids: Recall.docIdsOf(recalled)
    }
    return response
  })
})
