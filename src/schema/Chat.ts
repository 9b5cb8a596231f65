/** The requests and replies of chats in sessions; `services/Chat.ts` is about OpenAI-compatible completions. */
import * as Schema from "effect/Schema"
import { CompletionMessage } from "./ChatCompletion.js"
import {
  count,
  type InputType,
  id,
  inputOf,
  JsonInput,
  JsonObject,
  nullish,
  nullishInEvent,
  type OpaqueBase,
  omittable,
  openEnum,
  Timestamp,
  withAdvice
} from "./Field.js"
import { JobId, JobIds } from "./Job.js"
import {
  ChatMLMessage,
  type Content,
  contentText,
  InputChatMLMessage,
  MessageRole,
  type ReceivedMessage
} from "./Message.js"
import { MetadataFilter } from "./MetadataFilter.js"
import { ExplainedPrompt } from "./Prompt.js"
import { chatSettings } from "./Settings.js"
import { FunctionDef, ToolId } from "./Tool.js"

/** The id of one chat reply, a UUID. */
export const ChatId = id("ChatId")
export type ChatId = typeof ChatId.Type

/** A tool of one request: it is added to the agent's tools and replaces the one of the same name. */
export const InputTool = Schema.Struct({
  /** The id of a tool that was read. The engine does not use it. Default: none. */
  id: omittable(ToolId),
  /** Models call only `function` tools today. */
  type: Schema.Literal("function", "webhook"),
  /** What the model reads of it. */
  function: FunctionDef
}).annotations({ identifier: "InputTool", ...inputOf("a tool", "created_at", "updated_at") })
export interface InputTool extends InputType<typeof InputTool> {}

/** One function by its name. */
export const NamedToolChoice = Schema.Struct({
  type: Schema.Literal("function"),
  /** The name of a tool of the agent or of the request. */
  function: Schema.Struct({ name: Schema.String })
}).annotations({ identifier: "NamedToolChoice" })

/**
 * Which tool a model may or must call: none of them, whichever it decides on, one of them at least (`required`, beyond v0.3),
 * or one by its name.
 */
export const ToolChoice = Schema.Union(Schema.Literal("none", "auto", "required"), NamedToolChoice)
export type ToolChoice = typeof ToolChoice.Type

const yes = Schema.Boolean.annotations({ default: true })

/** The most of one kind that a chat recalls. */
const most = (value: number) =>
  omittable(
    Schema.Number.pipe(
      Schema.int(),
      Schema.between(0, 50, { jsonSchema: { type: "integer", minimum: 0, maximum: 50, default: value } })
    )
  )

/**
 * Beyond v0.3: what a chat recalls. The prompt has what is found as far as it fits the model's window. A server of v0.3
 * answers 422 to it.
 */
export const RecallOptions = Schema.Struct({
  /** The most passages of docs, 0 to 50; 0 searches no docs. Default: 6. */
  passages: most(6),
  /** The most memories, 0 to 50. Default: 6. */
  memories: most(6),
  /** The most earlier messages that the prompt does not show anyway, 0 to 50. Default: 8. */
  messages: most(8),
  /**
   * The least score, 0 to 1, of what is recalled, on the scale of the scores in the reply's `recalled`. Default: 0, so the
   * other limits decide.
   */
  threshold: omittable(
    Schema.Number.pipe(Schema.between(0, 1, { jsonSchema: { type: "number", minimum: 0, maximum: 1 } }))
  ),
  /** Only docs with an equal value under each of these top-level keys of their metadata; at most 100 keys. Default: all. */
  metadata_filter: omittable(MetadataFilter)
}).annotations({ identifier: "RecallOptions", ...inputOf("the options of recall") })
export interface RecallOptions extends InputType<typeof RecallOptions> {}

/** How a chat uses and changes what is remembered. Each option defaults to `true`. */
export const memoryAccessOptions = {
  /** Whether docs, memories and earlier messages are recalled into the prompt; beyond v0.3, which of them. Default: `true`. */
  recall: omittable(Schema.Union(yes, RecallOptions)),
  /** Whether this turn is written to the session's history. Default: `true`. */
  record: omittable(yes),
  /** Whether this turn forms memories. Default: `true`. */
  remember: omittable(yes)
}

const no = Schema.Boolean.annotations({ default: false })

/** The members of a request to a model that the engine writes itself. */
const RESERVED_MEMBERS = ["model", "messages", "tools", "stream", "n", "response_format"]

/** Members of the endpoint's own. */
const ExtraMembers = JsonInput.pipe(
  Schema.filter((extra) =>
    RESERVED_MEMBERS.filter((name) => Object.hasOwn(extra, name)).map((name) => ({
      path: [name],
      message: "the engine writes this member itself"
    }))
  )
)

/** What a chat takes beside its messages. */
const chatOptions = {
  /** Tools of this turn: added to those of the agent, of which they replace those of the same name. Default: none. */
  tools: omittable(Schema.Array(InputTool)),
  /**
   * Which tool the model may or must call: `none`, `auto`, `required` (one call at least, beyond v0.3), or one function by its
   * name. A choice that no tool can meet is an `UnprocessableRequest`. Default: `auto` if there are tools.
   */
  tool_choice: omittable(ToolChoice),
  ...chatSettings,
  ...memoryAccessOptions,
  /**
   * Beyond v0.3: members of the request to the model, such as `{ reasoning_effort: "low" }`, passed to the endpoint as they
   * are. They replace those of the option `extra` of the engine's model; settings of the chat and of its agent replace them.
   * With `model`, `messages`, `tools`, `stream`, `n` or `response_format` in it, the client fails with `InvalidRequest`, and
   * a server answers 422. The offline model ignores it. Default: none.
   */
  extra: omittable(ExtraMembers),
  /**
   * Beyond v0.3: whether the reply has `prompt`, what the model was sent in parts with their sources; a stream has it in its
   * first event. A reply that is repeated under its idempotency key has none. Default: `false`.
   */
  explain: omittable(no)
}

const AnyMessage = Schema.make<InputChatMLMessage | ReceivedMessage>(InputChatMLMessage.ast)

const TO_ENDPOINT = "Members of the endpoint go into `extra`."

/** What chats are called in errors, and where members of chat completions have their place. */
const chat = withAdvice(
  inputOf("a chat"),
  {
    model: "It is the agent's.",
    n: "A chat has one reply.",
    max_completion_tokens: "Did you mean `max_tokens`?",
    // It is like `stop`.
    store: TO_ENDPOINT
  },
  TO_ENDPOINT
)

/** One turn of a conversation: at least one message, and settings for this turn only. */
export const ChatInput = Schema.Struct({
  /**
   * The new messages, in their order: at least one. Messages of a history or of a reply may be among them. A role that no
   * request can have is an `InvalidRequest` that names it.
   */
  messages: Schema.Array(AnyMessage).pipe(Schema.minItems(1)),
  ...chatOptions
}).annotations({ identifier: "ChatInput", ...chat })
export interface ChatInput extends InputType<typeof ChatInput>, OpaqueBase {}

/** A turn on the wire: `stream` asks for server-sent events. */
export const ChatRequest = Schema.Struct({
  messages: Schema.Array(InputChatMLMessage).pipe(Schema.minItems(1)),
  ...chatOptions,
  stream: omittable(no)
}).annotations({ identifier: "ChatInput", ...chat })
export interface ChatRequest extends Schema.Schema.Type<typeof ChatRequest> {}

/** The request of a chat: a text is one message of the user. */
export const chatInputOf = (input: string | ChatInput): ChatRequest =>
  typeof input === "string"
    ? { messages: [{ role: "user", content: input }] }
    : // Encoding checks the roles of received messages, and leaves out their other members.
      (input as ChatRequest)

/** The tokens a request used, as the endpoint counts them; where it does not say, as the engine does. */
export const CompletionUsage = Schema.Struct({
  /** The tokens of the reply. */
  completion_tokens: count,
  /** The tokens of the prompt. */
  prompt_tokens: count,
  /** The sum of both. */
  total_tokens: count
}).annotations({ identifier: "CompletionUsage" })
export interface CompletionUsage extends Schema.Schema.Type<typeof CompletionUsage> {}

/** The docs that were recalled for a reply, each id once. */
export const DocIds = Schema.Struct({
  /** The docs of the agent. */
  agent_doc_ids: Schema.Array(Schema.String),
  /** The docs of the user. */
  user_doc_ids: Schema.Array(Schema.String)
}).annotations({ identifier: "DocIds" })
export interface DocIds extends Schema.Schema.Type<typeof DocIds> {}

/**
 * The relevance to the question, from 0: about 1 if every word of it occurs once. A passage that is found by its meaning alone has at
 * most 0.5. Scores are comparable within one reply.
 */
const score = Schema.Number

/**
 * Beyond v0.3: the passages of docs, the memories and the earlier messages that were recalled into a prompt, the most
 * relevant first. Show them as the sources of a reply.
 */
export const RecalledSources = Schema.Struct({
  /** Passages of docs: the owner of the doc, and the position of the passage in it, from 0. */
  snippets: Schema.Array(
    Schema.Struct({
      doc_id: Schema.String,
      owner: Schema.Literal("agent", "user"),
      title: Schema.String,
      index: count,
      content: Schema.String,
      score
    })
  ),
  /** Memories of the agent about the user. */
  memories: Schema.Array(Schema.Struct({ id: Schema.String, content: Schema.String, score })),
  /** Earlier messages of either speaker, in this session or in other sessions of its agent with its user. */
  messages: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      session_id: Schema.String,
      role: MessageRole,
      content: Schema.String,
      created_at: Timestamp,
      score
    })
  )
}).annotations({ identifier: "RecalledSources" })
export interface RecalledSources extends Schema.Schema.Type<typeof RecalledSources> {}

/**
 * Why a model stopped. Beyond v0.3, a chat that is repeated under its idempotency key after its stream broke off gets the part
 * of the reply that was stored, with `aborted`.
 */
export const FinishReason = openEnum("stop", "length", "tool_calls", "content_filter", "function_call", "aborted")

/** The reply to a chat. `response[0]` holds its messages; a reply with n tool calls is n `function_call` messages. */
export const ChatResponse = Schema.Struct({
  id: ChatId,
  /** Why the model stopped: `stop`, or `tool_calls` if it waits for results. */
  finish_reason: FinishReason,
  /** One list with the messages of the reply. `messageText` has their text, and `toolCalls` their calls. */
  response: Schema.NonEmptyArray(Schema.NonEmptyArray(ChatMLMessage)),
  /** The tokens of the prompt and of the reply. */
  usage: CompletionUsage,
  /** The background jobs that the turn started, such as those that form memories: `jobs.await` waits for one. */
  jobs: JobIds,
  /** The docs that were recalled, by their ids: empty lists if there are none. Other servers may leave it out. */
  doc_ids: nullish(DocIds),
  /** Beyond v0.3: what was recalled, with scores. Absent on servers of v0.3. */
  recalled: nullish(RecalledSources),
  /** Beyond v0.3: what the model was sent, if the chat asked to `explain` it. */
  prompt: nullish(ExplainedPrompt, "optional")
}).annotations({ identifier: "ChatResponse" })
export interface ChatResponse extends Schema.Schema.Type<typeof ChatResponse> {}

/** Beyond v0.3: exactly what a chat would send to its model, without sending it. */
export const RenderedChat = Schema.Struct({
  /** The model that the chat would call. */
  model: Schema.String,
  /** In the form of chat completions: one system message, then the turns that fit the model's context window. */
  messages: Schema.Array(CompletionMessage),
  /** The tools, as the endpoint takes them: `{ type: "function", function: { name, parameters } }`. */
  tools: Schema.Array(JsonObject),
  /** The tokens of the messages, as the engine counts them. */
  prompt_tokens: count,
  /** The docs that were recalled, by their ids. */
  doc_ids: nullish(DocIds),
  /** What was recalled, with scores. */
  recalled: nullish(RecalledSources),
  /** The parts of the prompt, if the chat asks to `explain` it. */
  prompt: nullish(ExplainedPrompt, "optional")
}).annotations({ identifier: "RenderedChat" })
export interface RenderedChat extends Schema.Schema.Type<typeof RenderedChat> {}

/** A piece of a message of a streamed reply. One with a `role` begins a message; `content` is the text to append to it. */
export const ChatDelta = Schema.Struct({
  /** The role of a message that begins. Without it, the piece belongs to the last message. */
  role: nullishInEvent(MessageRole, "optional"),
  /** The name of the speaker of a message that begins. */
  name: nullishInEvent(Schema.String, "optional"),
  /** The text to append; of a message of the role `function_call`, the whole call as JSON. */
  content: nullishInEvent(Schema.String)
}).annotations({ identifier: "ChatDelta" })
export interface ChatDelta extends Schema.Schema.Type<typeof ChatDelta> {}

/**
 * One event of a streamed reply. The first event has `doc_ids` and `recalled`, and `prompt` if the chat asked to `explain`
 * it. The last event has `finish_reason`, `usage` and `jobs`. A tool call arrives in one event.
 */
export const ChatStreamEvent = Schema.Struct({
  /** The id of the reply, the same in all of its events. */
  id: ChatId,
  /** One list with pieces of messages, which may be empty. `deltaText` has their text. */
  response: Schema.Array(Schema.Array(ChatDelta)),
  /** Why the model stopped; `null` until then. */
  finish_reason: Schema.NullOr(FinishReason),
  /** In the first event: the docs that were recalled, by their ids. */
  doc_ids: nullishInEvent(DocIds, "optional"),
  /** Beyond v0.3, in the first event: what was recalled, with scores. */
  recalled: nullishInEvent(RecalledSources, "optional"),
  /** Beyond v0.3, in the first event: what the model was sent, if the chat asked to `explain` it. */
  prompt: nullishInEvent(ExplainedPrompt, "optional"),
  /** In the last event: the tokens of the prompt and of the reply. */
  usage: nullishInEvent(CompletionUsage, "optional"),
  /** In the last event: the background jobs that the turn started. */
  jobs: nullishInEvent(Schema.Array(JobId), "optional")
}).annotations({ identifier: "ChatStreamEvent" })
export interface ChatStreamEvent extends Schema.Schema.Type<typeof ChatStreamEvent> {}

/** Whether a message of a reply is a call of a tool: its content is the call, not text. */
export const isCall = ({ role }: { readonly role?: string | null | undefined }): boolean => role === "function_call"

/**
 * The text of a chat reply or of one message: strings as they are; of parts, the texts joined by newlines, without images. The
 * text of a reply has no calls of tools, which `toolCalls` returns; the content of a single message is there whatever its role.
 *
 * @example
 * ```ts
 * import { messageText } from "effect-julep"
 *
 * messageText({ content: [{ type: "text", text: "Hello" }] }) // "Hello"
 * ```
 */
export const messageText = (
  value:
    | { readonly content: Content }
    | {
        readonly response: ReadonlyArray<
          ReadonlyArray<{ readonly role?: string | null | undefined; readonly content: Content }>
        >
      }
): string =>
  "response" in value
    ? (value.response[0] ?? [])
        .filter((message) => !isCall(message))
        .map((message) => contentText(message.content))
        .join("\n")
    : contentText(value.content)

/** An event of a streamed chat, of a streamed chat completion or of a streamed completion, as far as its text goes. */
export type TextEvent =
  | {
      readonly response: ReadonlyArray<
        ReadonlyArray<{ readonly role?: string | null | undefined; readonly content?: string | null | undefined }>
      >
    }
  | {
      readonly choices: ReadonlyArray<{
        readonly index?: number | null | undefined
        readonly delta?: { readonly content?: string | null | undefined } | null | undefined
        readonly text?: string | null | undefined
      }>
    }
  // An event of a run that is not of a reply.
  | { readonly type: string; readonly response?: undefined; readonly choices?: undefined }

/**
 * The text that an event of a stream adds to the reply, to its first choice if it has several. A tool call is not text: it
 * arrives whole, in one event with the role `function_call`.
 *
 * @example
 * ```ts
 * import { deltaText } from "effect-julep"
 *
 * deltaText({ response: [[{ content: "Hel" }]] }) // "Hel"
 * deltaText({ response: [[{ role: "function_call", content: "{}" }]] }) // ""
 * ```
 */
export const deltaText = (event: TextEvent): string =>
  "response" in event
    ? (event.response?.[0] ?? []).map((delta) => (isCall(delta) ? "" : (delta.content ?? ""))).join("")
    : "choices" in event
      ? (event.choices ?? [])
          .map(({ delta, index, text }) => ((index ?? 0) === 0 ? (delta?.content ?? text ?? "") : ""))
          .join("")
      : ""
