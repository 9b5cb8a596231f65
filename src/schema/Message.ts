import * as Schema from "effect/Schema"
import { id, nullish, omittable, openEnum, reportAll, Timestamp } from "./Field.js"

/** The id of a message of a session's history. */
export const MessageId = id("MessageId")
export type MessageId = typeof MessageId.Type

/** A text part of a message. */
export const TextPart = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }).annotations({
  identifier: "ChatMLTextContentPart"
})
export type TextPart = typeof TextPart.Type

/** An image part of a message: a URL or a base64 data URL. */
export const ImagePart = Schema.Struct({
  type: Schema.Literal("image_url"),
  image_url: Schema.Struct({
    url: Schema.String,
    detail: omittable(Schema.Literal("low", "high", "auto").annotations({ default: "auto" }))
  })
}).annotations({ identifier: "ChatMLImageContentPart" })
export type ImagePart = typeof ImagePart.Type

/** The content of a message: a text, or a list of text and image parts. */
export const Content = Schema.Union(Schema.String, Schema.Array(Schema.Union(TextPart, ImagePart)))
export type Content = typeof Content.Type

/**
 * A message as servers send it. Roles are `user`, `assistant`, `system`, `function_call` and `function`. `aborted`,
 * beyond v0.3, marks a reply that was cut off; `refused`, beyond v0.3 too, one that stays in history and is never sent to
 * the model again, because the endpoint refused it or the reply is empty.
 */
export const ChatMLMessage = Schema.Struct({
  id: MessageId,
  role: openEnum("user", "assistant", "system", "function_call", "function"),
  content: Content,
  name: nullish(Schema.String),
  tool_call_id: nullish(Schema.String, "optional"),
  aborted: nullish(Schema.Boolean),
  refused: nullish(Schema.Boolean),
  created_at: Timestamp
}).annotations({ identifier: "ChatMLMessage" })
export type ChatMLMessage = typeof ChatMLMessage.Type

/** A message of a request. `tool_call_id`, beyond v0.3, ties a `function` result to the call it answers. */
export const InputChatMLMessage = Schema.Struct({
  role: Schema.Literal("user", "assistant", "system", "function_call", "function", "auto"),
  content: Content,
  name: omittable(Schema.String),
  tool_call_id: omittable(Schema.String),
  continue: omittable(Schema.Boolean.annotations({ default: false }))
}).annotations({ identifier: "InputChatMLMessage", ...reportAll })
export type InputChatMLMessage = typeof InputChatMLMessage.Type

/** A call of a tool, as a `function_call` message carries it in its content, a JSON string. */
export const FunctionCall = Schema.Struct({
  id: omittable(Schema.String),
  name: Schema.String,
  arguments: Schema.String
}).annotations({ identifier: "FunctionCall" })
export type FunctionCall = typeof FunctionCall.Type

/** The text of a content: a string as it is; of parts, the texts joined by newlines, without images. */
export const contentText = (content: Content): string =>
  typeof content === "string"
    ? content
    : content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n")
