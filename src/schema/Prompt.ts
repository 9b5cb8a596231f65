/** Beyond v0.3: the prompt of a chat, taken apart. */
import * as Schema from "effect/Schema"
import { count, nullish, openEnum, Timestamp } from "./Field.js"

/**
 * What a part of a prompt is. Of the system message: `situation`, `agent` and `user` (their about, else their name),
 * `instructions`, `summary`, and `system`, the system messages of the conversation. Of what was recalled: `doc`, `memory`,
 * `recalled_message`. Of the conversation: `message`, `function_call`, `function`, the result of a call. `tool` describes a
 * function that the model may call.
 */
export const PromptPartKind = openEnum(
  "situation",
  "agent",
  "user",
  "instructions",
  "summary",
  "system",
  "doc",
  "memory",
  "recalled_message",
  "message",
  "function_call",
  "function",
  "tool"
)
export type PromptPartKind = typeof PromptPartKind.Type

/** A part of a prompt, in the order in which it was sent; tools come last. */
export const PromptPart = Schema.Struct({
  kind: PromptPartKind,
  /** The role of the message that the part was sent in; a tool has none. */
  role: nullish(Schema.String, "optional"),
  /** The text as it was sent, without markup and escapes. An image is `(image)`. */
  text: Schema.String,
  /** The ids of what it was made of, by kind: of a session, an agent, a user, docs, memories, messages or tools. */
  source_ids: Schema.Array(Schema.String),
  /** The relevance of what was recalled, as in `recalled` of the reply. */
  score: nullish(Schema.Number, "optional"),
  /** The tokens of the text, as the engine counts them. */
  tokens: count
}).annotations({ identifier: "PromptPart" })
export interface PromptPart extends Schema.Schema.Type<typeof PromptPart> {}

/** The prompt that a model was sent, in parts. All numbers are tokens, as the engine counts them. */
export const ExplainedPrompt = Schema.Struct({
  /** The model that was asked. */
  model: Schema.String,
  /** The context window of the model, for the prompt and the reply. */
  window: count,
  /** What the window leaves for the messages: without the reply and the tools. */
  budget: count,
  /** The messages together, with their delimiters. */
  prompt_tokens: count,
  parts: Schema.Array(PromptPart)
}).annotations({ identifier: "ExplainedPrompt" })
export interface ExplainedPrompt extends Schema.Schema.Type<typeof ExplainedPrompt> {}

/** The prompt of one of the last chats of a session. */
export const RecentPrompt = Schema.Struct({
  /** The id of the chat: that of its reply. */
  chat_id: Schema.String,
  created_at: Timestamp,
  prompt: ExplainedPrompt
}).annotations({ identifier: "RecentPrompt" })
export interface RecentPrompt extends Schema.Schema.Type<typeof RecentPrompt> {}
