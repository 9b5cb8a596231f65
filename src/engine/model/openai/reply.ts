/**
 * Reads replies: whole completions and the chunks of streams alike. Only text, calls, the end, usage and what a provider
 * added matter; every other member may be missing, null or of any type.
 */
import * as Predicate from "effect/Predicate"
import type { ToolCallDelta } from "../../../schema/ChatCompletion.js"
import { addExtras, extrasOf, messageMembers } from "../../../schema/extras.js"
import type { JsonObject } from "../../../schema/Field.js"
import { addCall, beginCall, type PartialCall, wholeCalls } from "../../../schema/toolCalls.js"
import type { ModelReply, ModelUsage } from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"

/** The part of a reply that one JSON value adds. */
export interface Delta {
  readonly text: string
  readonly calls: ReadonlyArray<ToolCallDelta>
  /** A call in the form that came before `tool_calls`. */
  readonly functionCall: ToolCallDelta | undefined
  /** Whether the message is whole, so that none of its calls continues another. */
  readonly whole: boolean
  readonly finish: string | undefined
  readonly usage: Partial<ModelUsage>
  readonly extra: JsonObject | undefined
}

const none: JsonObject = {}
const recordOf = (value: unknown): JsonObject => (Predicate.isRecord(value) ? value : none)
const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined
}

/** The text of a content: a string, a part, or a list of parts. A part that holds thoughts or media has none. */
const textOf = (content: unknown): string => {
  if (typeof content === "string") return content
  if (Array.isArray(content)) return content.map(textOf).join("")
  const { refusal, text } = recordOf(content)
  return stringOf(text) ?? stringOf(recordOf(text)["value"]) ?? stringOf(refusal) ?? ""
}

/** Arguments as the text they are sent as; some servers send the object itself. An empty one may only be a beginning. */
const argumentsOf = (args: unknown): string => {
  if (typeof args === "string") return args
  if (typeof args !== "object" || args === null || Object.keys(args).length === 0) return ""
  return JSON.stringify(args)
}

const callOf = (json: unknown): ToolCallDelta => {
  const { function: func, ...call } = recordOf(json)
  const inner = typeof func === "string" ? { name: func } : recordOf(func)
  return {
    ...call,
    index: numberOf(call["index"]),
    id: stringOf(call["id"]) ?? numberOf(call["id"])?.toString(),
    type: "function",
    function: { ...inner, name: stringOf(inner["name"]), arguments: argumentsOf(inner["arguments"]) }
  }
}

const callsOf = (calls: unknown): ReadonlyArray<ToolCallDelta> =>
  Array.isArray(calls) ? calls.map(callOf) : Predicate.isRecord(calls) ? [callOf(calls)] : []

/** Some servers write the text "null" for none. */
const finishOf = (reason: unknown): string | undefined =>
  typeof reason === "string" && reason !== "" && reason !== "null" ? reason : undefined

/** The usage of a completion, which Groq and Moonshot put elsewhere in the last chunk of a stream. */
const usageOf = (json: JsonObject, choice: JsonObject): Partial<ModelUsage> => {
  const usage = json["usage"] ?? recordOf(json["x_groq"])["usage"] ?? choice["usage"]
  if (!Predicate.isRecord(usage)) return none
  const counts = ["prompt_tokens", "completion_tokens", "total_tokens"].map((name) => [name, numberOf(usage[name])])
  return Object.fromEntries(counts.filter(([, count]) => count !== undefined))
}

const readChoice = (json: JsonObject, choice: JsonObject): Delta => {
  const delta = choice["delta"]
  const message = recordOf(delta ?? choice["message"])
  const { function_call } = message
  return {
    text: textOf(message["content"]) + textOf(message["refusal"]) + (stringOf(choice["text"]) ?? ""),
    calls: callsOf(message["tool_calls"]),
    functionCall: Predicate.isRecord(function_call) ? callOf({ function: function_call }) : undefined,
    whole: !Predicate.isRecord(delta) && Predicate.isRecord(choice["message"]),
    finish: finishOf(choice["finish_reason"]),
    usage: usageOf(json, choice),
    extra: extrasOf(message, messageMembers)
  }
}

/** The first choice of a completion; an endpoint that sends several interleaves their chunks. */
export const firstChoice = ({ choices }: JsonObject): JsonObject | undefined =>
  Array.isArray(choices)
    ? choices.filter(Predicate.isRecord).find(({ index }) => (numberOf(index) ?? 0) === 0)
    : undefined

/** Reads the part of a reply that a JSON value adds; without a choice, that is usage at most. */
export const read = (json: unknown): Delta => {
  const value = recordOf(json)
  return readChoice(value, firstChoice(value) ?? none)
}

/** A reply as far as it has arrived. */
export interface PartialReply {
  readonly text: string
  readonly calls: ReadonlyArray<PartialCall>
  readonly functionCalls: ReadonlyArray<PartialCall>
  readonly finish: string | undefined
  readonly usage: Partial<ModelUsage>
  readonly extra: JsonObject | undefined
}

export const empty: PartialReply = {
  text: "",
  calls: [],
  functionCalls: [],
  finish: undefined,
  usage: none,
  extra: undefined
}

/** Adds a delta to a reply. A whole message after deltas repeats them, as some servers do at the end of a stream. */
export const add = (reply: PartialReply, delta: Delta): PartialReply => {
  const ended = {
    ...reply,
    finish: delta.finish ?? reply.finish,
    usage: delta.usage === none ? reply.usage : { ...reply.usage, ...delta.usage }
  }
  if (delta.whole) {
    return repeats(reply, delta)
      ? ended
      : {
          ...ended,
          text: delta.text,
          calls: delta.calls.map(beginCall),
          functionCalls: delta.functionCall === undefined ? [] : [beginCall(delta.functionCall)],
          extra: addExtras(reply.extra, delta.extra)
        }
  }
  return {
    ...ended,
    text: reply.text + delta.text,
    calls: delta.calls.length === 0 ? reply.calls : delta.calls.reduce(addCall, reply.calls),
    functionCalls:
      delta.functionCall === undefined ? reply.functionCalls : addCall(reply.functionCalls, delta.functionCall),
    extra: addExtras(reply.extra, delta.extra)
  }
}

/** Whether a delta is a whole message that comes after a part of the same one. */
export const repeats = (reply: PartialReply, delta: Delta): boolean =>
  delta.whole && (reply.text !== "" || reply.calls.length > 0 || reply.functionCalls.length > 0)

/** The reply, once it has ended. `estimate` counts the tokens of the usage that the endpoint does not report. */
export const toReply = (
  { calls, extra, finish, functionCalls, text, usage }: PartialReply,
  estimate: { readonly prompt: () => number; readonly completion: (text: string) => number }
): ModelReply => {
  // An endpoint that knows both forms sends the same call in both.
  const written = wholeCalls(calls)
  const tool_calls = (written.length > 0 ? written : wholeCalls(functionCalls)).map(OpenAi.callFrom)
  const prompt = usage.prompt_tokens ?? estimate.prompt()
  const completion = usage.completion_tokens ?? estimate.completion(text)
  return {
    content: text === "" ? null : text,
    tool_calls,
    finish_reason: finish ?? (tool_calls.length > 0 ? "tool_calls" : "stop"),
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: usage.total_tokens ?? prompt + completion
    },
    ...(extra === undefined ? {} : { extra })
  }
}
