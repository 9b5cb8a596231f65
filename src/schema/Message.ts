import * as Schema from "effect/Schema"
import { type InputType, id, inputOf, nullish, omittable, openEnum, Timestamp, withAdvice } from "./Field.js"

/** The id of a message of a session's history. */
export const MessageId = id("MessageId")
export type MessageId = typeof MessageId.Type

/** A text part of a message. */
export const TextPart = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }).annotations({
  identifier: "ChatMLTextContentPart"
})
export interface TextPart extends Schema.Schema.Type<typeof TextPart> {}

/** An image part of a message: a URL or a base64 data URL. */
export const ImagePart = Schema.Struct({
  type: Schema.Literal("image_url"),
  image_url: Schema.Struct({
    url: Schema.String,
    detail: omittable(Schema.Literal("low", "high", "auto").annotations({ default: "auto" }))
  })
}).annotations({ identifier: "ChatMLImageContentPart" })
export interface ImagePart extends Schema.Schema.Type<typeof ImagePart> {}

/** The content of a message: a text, or a list of text and image parts. */
export const Content = Schema.Union(Schema.String, Schema.Array(Schema.Union(TextPart, ImagePart)))
export type Content = typeof Content.Type

/** Who says a message of a reply or of a history. Servers may have more roles. */
export const MessageRole = openEnum("user", "assistant", "system", "function_call", "function")
export type MessageRole = typeof MessageRole.Type

/** A message as servers send it. */
export const ChatMLMessage = Schema.Struct({
  id: MessageId,
  role: MessageRole,
  content: Content,
  /** The name of the speaker; of a `function_call` or `function` message, the name of the tool. `""` if the speaker has no name. */
  name: nullish(Schema.String),
  /** Beyond v0.3: the call that a `function` message answers. */
  tool_call_id: nullish(Schema.String, "optional"),
  /** Beyond v0.3: whether the reply was cut off. */
  aborted: nullish(Schema.Boolean),
  /** Beyond v0.3: whether it is never sent to the model again, because the endpoint refused it or the reply is empty. */
  refused: nullish(Schema.Boolean),
  /** Beyond v0.3: whether a run was suspended for this call, which is open and runs only after a decision. */
  suspended: nullish(Schema.Boolean, "optional"),
  created_at: Timestamp
}).annotations({ identifier: "ChatMLMessage" })
export interface ChatMLMessage extends Schema.Schema.Type<typeof ChatMLMessage> {}

/** A message of a request. */
export const InputChatMLMessage = Schema.Struct({
  role: Schema.Literal("user", "assistant", "system", "function_call", "function", "auto"),
  content: Content,
  /** The name of the speaker; of a `function_call` or `function` message, the name of the tool. Default: no name. */
  name: omittable(Schema.String),
  /** Beyond v0.3: the call that a `function` message answers. Default: calls are answered in their order. */
  tool_call_id: omittable(Schema.String),
  /** Whether the reply goes on with this message. The embedded engine ignores it. Default: `false`. */
  continue: omittable(Schema.Boolean.annotations({ default: false }))
}).annotations({
  identifier: "InputChatMLMessage",
  ...withAdvice(inputOf("a message", "id", "created_at", "aborted", "refused", "suspended"), {
    tool_calls: "Each call is a message of the role `function_call`."
  })
})
export interface InputChatMLMessage extends InputType<typeof InputChatMLMessage> {}

/**
 * A message of a history or of a reply, to be sent again. Its role is open, and checked when it is sent. The type leaves the
 * role out, so that compile errors of new messages name a misspelt role.
 */
export interface ReceivedMessage extends Omit<ChatMLMessage, "role"> {}

/** A call of a tool, as a `function_call` message carries it in its content, a JSON string. */
export const FunctionCall = Schema.Struct({
  id: omittable(Schema.String),
  name: Schema.String,
  arguments: Schema.String
}).annotations({ identifier: "FunctionCall" })
export interface FunctionCall extends Schema.Schema.Type<typeof FunctionCall> {}

/** The text of a content: a string as it is; of parts, the texts joined by newlines, without images. */
export const contentText = (content: Content): string =>
  typeof content === "string"
    ? content
    : content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n")
