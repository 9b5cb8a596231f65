import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ToolChoice } from "../../schema/Chat.js"
import type { JsonObject } from "../../schema/Field.js"
import type { Content } from "../../schema/Message.js"

/** A message of a prompt, in OpenAI's vocabulary, whatever the endpoint. */
export type ModelMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: Content; readonly name?: string }
  | {
      readonly role: "assistant"
      readonly content: Content | null
      readonly name?: string
      readonly tool_calls?: ReadonlyArray<ModelToolCall>
      /** Members that the provider added to the message, sent back as they came: see {@link ModelReply.extra}. */
      readonly extra?: JsonObject
    }
  | { readonly role: "tool"; readonly content: string; readonly tool_call_id: string; readonly name?: string }

/** A tool call that the model requests. `arguments` is JSON text, as the model wrote it; "{}" where it wrote none. */
export interface ModelToolCall {
  /** The id of the call, which its result repeats as `tool_call_id`. */
  readonly id: string
  /** The name of the tool. */
  readonly name: string
  /** The arguments as JSON text. */
  readonly arguments: string
  /**
   * Members that the provider added to the call, in the shape of the wire: `{ extra_content: ... }` stood beside `id`,
   * `{ function: { thought_signature: ... } }` beside `name`. Some providers want them back with the call's result.
   */
  readonly extra?: JsonObject
}

/** A function the model may call. */
export interface ModelTool {
  /** The name by which the model calls it. */
  readonly name: string
  /** What it does and when to call it. */
  readonly description?: string
  /** The JSON Schema of the arguments, an object. */
  readonly parameters: JsonObject
  /** Whether the endpoint holds the model to the schema, where it can. Default: the endpoint's own. */
  readonly strict?: boolean
}

/** The settings that a request or its agent sets, under the names of the API. There are no defaults. */
export interface ModelSettings {
  /** How much a token loses for each time that the text already has it, from -2 to 2. */
  readonly frequency_penalty?: number
  /** Prefers longer texts above 1 and shorter ones below, from 0 to 2. An extension of vLLM. */
  readonly length_penalty?: number
  /** What is added to the logits of tokens, by their ids: from -100 to 100. */
  readonly logit_bias?: { readonly [token: string]: number }
  /** The most tokens of the reply. */
  readonly max_tokens?: number
  /** Leaves out tokens below this share of the most likely one's probability, from 0 to 1. An extension of vLLM. */
  readonly min_p?: number
  /** How much a token loses if the text already has it, from -2 to 2. */
  readonly presence_penalty?: number
  /** A named set of settings of the hosted Julep models. An extension, like those of vLLM. */
  readonly preset?: string
  /** Divides what a token weighs that was there before, from 0 to 2; 1 is neutral. An extension of vLLM. */
  readonly repetition_penalty?: number
  /** The form of the reply: `text`, `json_object`, `json_schema` with `schema`, or `regex` with `pattern`. */
  readonly response_format?: {
    readonly type?: string | undefined
    readonly pattern?: string | undefined
    readonly schema?: JsonObject | undefined
    /** The name and the description of the schema, for endpoints. */
    readonly name?: string | undefined
    readonly description?: string | undefined
    /** Whether the endpoint holds the model to the schema, where it can. Default: false. */
    readonly strict?: boolean | undefined
  }
  /** Makes replies to one request as equal as the endpoint can. */
  readonly seed?: number
  /** Texts that end the reply, which leaves them out. */
  readonly stop?: string | ReadonlyArray<string>
  /** How random the choice of tokens is, from 0 to 3: 0 takes the most likely one. */
  readonly temperature?: number
  /** Chooses among the most likely tokens whose probabilities add up to this, from 0 to 1. */
  readonly top_p?: number
}

/** A request to a model. */
export interface ModelRequest {
  /** The name of the model: the agent's, or the one that stands in for those that Julep hosted. */
  readonly model: string
  /** The prompt, oldest message first. Every call of an assistant's message has one result after it. */
  readonly messages: ReadonlyArray<ModelMessage>
  /** The functions that the model may call; empty for none. */
  readonly tools: ReadonlyArray<ModelTool>
  /** Whether the model may, must or must not call a tool, or which one. Default: the model decides. */
  readonly tool_choice?: ToolChoice
  /** The settings of the chat over those of the agent. */
  readonly settings: ModelSettings
  /** Further members of the request body, passed to the endpoint unchanged. */
  readonly extra?: JsonObject
  /** Whether a failed request is not sent again, because the caller does so itself. Default: false. */
  readonly once?: boolean
}

/** The tokens of a request and its reply. */
export type ModelUsage = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** The reply of a model: text, tool calls or both. */
export interface ModelReply {
  /** The text; `null` if there is none. */
  readonly content: string | null
  /** The calls of tools; empty if there are none. */
  readonly tool_calls: ReadonlyArray<ModelToolCall>
  /** Why the reply ended, in OpenAI's words: `stop`, `length`, `tool_calls` or `content_filter`. */
  readonly finish_reason: string
  /** The tokens of the call. All zero if the model does not report them. */
  readonly usage: ModelUsage
  /**
   * Members that the provider added to the message, such as `reasoning_content` or a signature. They go back to the same
   * endpoint and model only: others may refuse what they do not know.
   */
  readonly extra?: JsonObject
}

/** The part of a reply that a stream emits last. */
export type ModelEnd = Pick<ModelReply, "finish_reason" | "usage" | "extra">

/** A reply as it is written: pieces of text, whole tool calls, and finally one `End`. */
export type ModelEvent =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Call"; readonly call: ModelToolCall }
  | ({ readonly _tag: "End" } & ModelEnd)

/** The `End` of a reply. */
export const endOf = ({ extra, finish_reason, usage }: ModelEnd): ModelEvent => ({
  _tag: "End",
  finish_reason,
  usage,
  ...(extra === undefined ? {} : { extra })
})

/** Emits a complete reply word by word. */
export const eventsOf = (reply: ModelReply): Stream.Stream<ModelEvent> =>
  Stream.fromIterable<ModelEvent>([
    ...(reply.content ? reply.content.split(/(?<=\S)(?=\s)/) : []).map((text) => ({ _tag: "Text" as const, text })),
    ...reply.tool_calls.map((call) => ({ _tag: "Call" as const, call })),
    endOf(reply)
  ])

/** Whether a reply has neither text nor a call. */
export const isEmpty = ({ content, tool_calls }: Pick<ModelReply, "content" | "tool_calls">): boolean =>
  !content && tool_calls.length === 0

/** The finish reasons that account for an empty reply: a filter took the text, or no tokens were left for it. */
const cutShort: ReadonlySet<string> = new Set([
  "content_filter",
  "length",
  "max_tokens",
  "prohibited_content",
  "recitation",
  "refusal",
  "safety",
  "sensitive"
])

/** Whether an empty reply with this finish reason is a reply: it is stored and marked, but not sent again. */
export const isCutShort = (finish_reason: string): boolean => cutShort.has(finish_reason.toLowerCase())

/**
 * A failed call of a model. `unknown_model`: the endpoint does not have the model. `invalid_request`: it rejected the
 * request. `unauthorized`: it rejected the API key, or requires payment. `rate_limited`: it accepts the request later.
 * `empty_reply`: it replied with neither text nor a call, and no finish reason accounts for it. `unavailable`: anything
 * else, such as a lost connection or a malformed reply. `retryAfter`: the seconds after which the endpoint accepts the
 * request, where it says so. `shouldRetry`: `false` where another attempt is of no use now, for example because there were
 * several.
 */
export class ModelError extends Data.TaggedError("ModelError")<{
  readonly reason: "unknown_model" | "invalid_request" | "unauthorized" | "rate_limited" | "empty_reply" | "unavailable"
  readonly message: string
  readonly retryAfter?: number | undefined
  readonly shouldRetry?: boolean | undefined
}> {}

/** A request of `/v1` that goes to the endpoint as it came. */
export interface RelayRequest {
  /** The path below the base URL, such as `/chat/completions`. */
  readonly path: string
  /** The body of a POST; a GET has none. With `stream: true` it asks for an event stream. */
  readonly body?: JsonObject
}

/** A successful answer of the endpoint, as it came. */
export interface RelayAnswer {
  /** The HTTP status, from 200 to 299. */
  readonly status: number
  /** The content type, and what the endpoint says about retries and rate limits. Every other header stays behind. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body; or an event stream from its first event on, each piece of which ends with an event. */
  readonly body: Uint8Array | Stream.Stream<Uint8Array, RelayError>
}

/** The body of an error in OpenAI's form, with whatever else the endpoint put into it. */
export type OpenAiErrorBody = { readonly error: JsonObject; readonly [member: string]: unknown }

/** An error that is answered as it is: an endpoint's own, without secrets, or one that the engine words in its place. */
export class OpenAiError extends Data.TaggedError("OpenAiError")<{
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: OpenAiErrorBody
  /** What the log says of it: not the text of the endpoint, which may quote the request. */
  readonly message: string
}> {}

/** Why a request was not relayed: the endpoint refused it, or did not answer. */
export type RelayError = OpenAiError | ModelError

/**
 * Sends a request to an endpoint once, and succeeds with its answer, or with its first event. It fails with an error in
 * the answer, also where the status does not say so. The call ends with the scope.
 */
export type Relay = (request: RelayRequest) => Effect.Effect<RelayAnswer, RelayError, Scope.Scope>

/** The model behind the engine: an OpenAI-compatible endpoint, the offline model, or a script. */
export class Model extends Context.Tag("effect-julep/engine/Model")<Model, Model.Service>() {}

export declare namespace Model {
  /** The operations of a model. */
  interface Service {
    /**
     * Whether the model follows instructions, so that background jobs can have it write summaries and extract facts.
     * For one that does not, such as the offline model, the engine uses heuristics instead.
     */
    readonly instructable: boolean
    /**
     * Identifies the endpoint: what it adds to a reply is sent back to no other one. Default: the models of this layer are
     * one endpoint.
     */
    readonly endpoint?: string
    /** Whether the messages of a prompt have the names of their senders, as far as they have one. Default: false. */
    readonly messageNames?: boolean
    /** Completes one request. Stateless: the messages hold everything the model knows. */
    readonly complete: (request: ModelRequest) => Effect.Effect<ModelReply, ModelError>
    /** Completes one request and emits the reply as it is written. Ends with `End` or fails. */
    readonly stream: (request: ModelRequest) => Stream.Stream<ModelEvent, ModelError>
    /** The models the endpoint serves, by name. */
    readonly list: Effect.Effect<ReadonlyArray<string>, ModelError>
    /**
     * Passes requests of `/v1` on to the endpoint, which has OpenAI's API. Without it, the engine answers chat completions
     * and completions with `complete` and `stream`, and refuses what these cannot do.
     */
    readonly relay?: Relay
  }
}
