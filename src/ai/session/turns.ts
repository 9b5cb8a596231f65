/** What has been said in a prompt of `@effect/ai` and in a session's history, in one form, so that they can be compared. */
import type * as Prompt from "@effect/ai/Prompt"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import { type ChatMLMessage, type Content, contentText } from "../../schema/Message.js"
import { callsIn } from "../../services/run/toolCalls.js"

/** A message of either side. A call has an id if the server of the history sends one, and so has a result. */
export type Turn =
  | { readonly role: "system" | "assistant"; readonly text: string }
  | { readonly role: "user"; readonly text: string; readonly images: ReadonlyArray<string> }
  | { readonly role: "call"; readonly id: string | undefined; readonly name: string }
  | { readonly role: "result"; readonly id: string | undefined; readonly text: string }

/** The text of a result, as it is sent. */
export const resultText = (result: unknown): string =>
  typeof result === "string" ? result : (JSON.stringify(result) ?? "")

/** The address of a file: bytes become a data URL. A text is an address or the base64 of the bytes. */
export const urlOf = ({ data, mediaType }: Prompt.FilePart): string => {
  if (data instanceof URL) return data.href
  if (typeof data === "string" && URL.canParse(data)) return data
  return `data:${mediaType};base64,${typeof data === "string" ? data : Encoding.encodeBase64(data)}`
}

const joined = (parts: ReadonlyArray<Prompt.Part>, separator: string): string =>
  parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(separator)

/** The text of a reply: its pieces are one text. */
export const replyText = (parts: ReadonlyArray<Prompt.Part>): string => joined(parts, "")

/** What a message of a prompt says. */
export const turnsOf = (message: Prompt.Message): ReadonlyArray<Turn> => {
  switch (message.role) {
    case "system":
      return [{ role: "system", text: message.content }]
    case "user": {
      const images = message.content.filter((part) => part.type === "file").map(urlOf)
      return [{ role: "user", text: joined(message.content, "\n"), images }]
    }
    case "assistant": {
      const text = replyText(message.content)
      return [
        ...(text === "" ? [] : [{ role: "assistant" as const, text }]),
        ...message.content.flatMap(
          (part): ReadonlyArray<Turn> =>
            part.type === "tool-call" ? [{ role: "call", id: part.id, name: part.name }] : []
        )
      ]
    }
    case "tool":
      return message.content.map(({ id, result }) => ({ role: "result", id, text: resultText(result) }))
  }
}

const imagesIn = (content: Content): ReadonlyArray<string> =>
  typeof content === "string" ? [] : content.flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : []))

/** What a message of history says; `undefined` of a kind that prompts do not have. */
export const turnOf = (message: ChatMLMessage): Turn | undefined => {
  const { content, role, tool_call_id } = message
  const text = contentText(content)
  switch (role) {
    case "system":
      return { role: "system", text }
    case "assistant":
      return { role: "assistant", text }
    case "user":
      return { role: "user", text, images: imagesIn(content) }
    case "function_call": {
      const [found] = callsIn([message])
      return found && { role: "call", id: found.hasId ? found.call.id : undefined, name: found.call.name }
    }
    case "function":
      return { role: "result", id: tool_call_id ?? undefined, text }
    default:
      return undefined
  }
}

/** Whether a message of history is this one. An id that the history does not have is not compared. */
export const isSame = (turn: Turn, stored: Turn): boolean => {
  switch (turn.role) {
    case "system":
    case "assistant":
      return stored.role === turn.role && stored.text === turn.text
    case "user":
      return stored.role === "user" && stored.text === turn.text && stored.images.join("\n") === turn.images.join("\n")
    case "call":
      return (
        stored.role === "call" &&
        stored.name === turn.name &&
        (Predicate.isUndefined(stored.id) || stored.id === turn.id)
      )
    case "result":
      return (
        stored.role === "result" &&
        stored.text === turn.text &&
        (Predicate.isUndefined(stored.id) || stored.id === turn.id)
      )
  }
}
