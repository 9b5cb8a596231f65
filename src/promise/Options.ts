/** What a caller may say of a client, of an engine and of one call, in plain values. */
import * as EffectDuration from "effect/Duration"
import type { RequestError } from "../schema/Errors.js"
import * as Service from "../services/RequestOptions.js"

/** A duration: a number of milliseconds, or a text with a unit, such as `"30 seconds"`. */
export type Duration =
  | number
  | `${number} ${"millis" | "second" | "seconds" | "minute" | "minutes" | "hour" | "hours" | "day" | "days"}`

/**
 * Time budgets. A bare duration is the `total` of a unary call.
 *
 * - `headers`: until the answer begins, for each attempt
 * - `idle`: between two pieces of a body
 * - `total`: the whole call, retries and body included; streams have none
 */
export type Timeout =
  | Duration
  | {
      readonly headers?: Duration | undefined
      readonly idle?: Duration | undefined
      readonly total?: Duration | undefined
    }

/**
 * When a request is sent again. GET, PUT and DELETE may be repeated; a POST only where it never reached the server, or
 * has an `idempotencyKey`.
 *
 * @example
 * ```ts
 * import { Client, RetryPolicy } from "effect-julep/promise"
 *
 * const patient = new Client({ apiKey: "secret", baseUrl: "https://host/api", retry: { ...RetryPolicy.standard, times: 5 } })
 * ```
 */
export interface RetryPolicy {
  /** How often, after the first attempt. */
  readonly times: number
  /** The pause before the first retry; it doubles each time. Up to a quarter of it is taken off at random. */
  readonly baseDelay: Duration
  /** The longest such pause. */
  readonly maxDelay: Duration
  /** The longest `Retry-After` that is waited for; a longer one fails at once. */
  readonly maxRetryAfter: Duration
  /** Which failures are worth another attempt, of requests that may be repeated at all. */
  readonly retries: (error: RequestError) => boolean
}

const { standard } = Service.RetryPolicy

/** The policies to start from. `standard` is the default: two retries of connection errors, 408, 429 and 5xx. */
export const RetryPolicy: { readonly standard: RetryPolicy } = {
  standard: {
    ...standard,
    baseDelay: EffectDuration.toMillis(standard.baseDelay),
    maxDelay: EffectDuration.toMillis(standard.maxDelay),
    maxRetryAfter: EffectDuration.toMillis(standard.maxRetryAfter)
  }
}

/** What came with an answer. */
export interface ResponseInfo {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The `x-request-id` of the answer, where it has one. */
  readonly requestId: string | undefined
}

/** What may be said of one call, over what the client was made with: the last argument of every method. */
export interface RequestOptions {
  /** Stops the call: the connection is closed, and the call rejects with the signal's reason, as `fetch` does. */
  readonly signal?: AbortSignal | undefined
  readonly timeout?: Timeout | undefined
  /** `false` for one attempt, or a policy. */
  readonly retry?: false | RetryPolicy | undefined
  /** Added to the client's own headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as `Idempotency-Key`: a server that knows it answers a repeated POST, PUT or PATCH with the first answer. */
  readonly idempotencyKey?: string | undefined
  /** Told of each answer, whatever its status and also where it is tried again: for request ids and rate limits. */
  readonly onResponse?: ((info: ResponseInfo) => void) | undefined
}

/** How to reach a server. What is left out comes from the environment, where there is one, then from the defaults. */
export interface ClientOptions {
  /** The key, sent as `Authorization: Bearer <key>`. Default: `JULEP_API_KEY`. */
  readonly apiKey?: string | undefined
  /** The API's base URL, http or https. Its path is kept, trailing slashes are dropped. Default: `JULEP_API_URL`. */
  readonly baseUrl?: string | URL | undefined
  /**
   * Time budgets. Default: `JULEP_TIMEOUT` (a duration with a unit, such as `30 seconds`), else 300 seconds in total,
   * and for streams 300 seconds until the headers and between two pieces.
   */
  readonly timeout?: Timeout | undefined
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `false` for one attempt, or a policy. Default: `RetryPolicy.standard`. */
  readonly retry?: false | RetryPolicy | undefined
  /** What sends the requests: for proxies, logging and tests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** An OpenAI-compatible endpoint that answers for the embedded engine. */
export interface ModelEndpoint {
  /** The base URL that `/chat/completions` is added to, usually ending in `/v1`. */
  readonly url: string
  readonly apiKey?: string | undefined
  /** The model that stands in for the hosted Julep names and for an absent one. */
  readonly name?: string | undefined
  /** Whether the endpoint takes settings beyond OpenAI's, such as `min_p` (vLLM does). Default: false. */
  readonly samplingExtensions?: boolean | undefined
}

/** An endpoint of embeddings. */
export interface EmbedderEndpoint {
  /**
   * The base URL that OpenAI's `/embeddings` is added to, usually ending in `/v1`; or, of Hugging Face's Text Embeddings
   * Inference, a URL that ends in `/embed`.
   */
  readonly url: string
  readonly apiKey?: string | undefined
  /** The model. It is stored with the vectors: another one needs `Client.reindex`. */
  readonly name: string
  /** The length of its vectors, for a model that can make several. Default: what the endpoint answers. */
  readonly dimensions?: number | undefined
}

/** How the embedded engine runs. */
export interface EmbeddedOptions {
  /**
   * Where rows are kept: a file (relative to the working directory), or memory, gone with the client. Default:
   * `JULEP_DATABASE_URL`, else the file `.julep/julep.db`.
   */
  readonly storage?: { readonly file: string } | "memory" | undefined
  /**
   * Which model answers. Default: `MODEL_INFERENCE_URL`, else OpenAI by `OPENAI_API_KEY`, else `"offline"`, which needs
   * no network. With storage in memory nothing is read from the environment: the default is `"offline"`.
   */
  readonly model?: "offline" | ModelEndpoint | undefined
  /**
   * What makes vectors of docs and questions, so that recall finds what is meant in other words too. Default:
   * `DOCS_EMBEDDING_SERVICE_URL`, else `EMBEDDING_SERVICE_URL`, with `DOCS_EMBEDDING_MODEL_ID` and `EMBEDDING_API_KEY`,
   * else `"none"`; with storage in memory, `"none"`.
   */
  readonly embedder?: "none" | EmbedderEndpoint | undefined
  /** The model that stands in for the hosted Julep names and for an absent one. Default: `MODEL_NAME`. */
  readonly name?: string | undefined
  /**
   * How many tokens the model takes, prompt and reply together. Default: what is known of the model, else 8192. The
   * oldest turns are left out of a prompt that would not fit; history keeps them.
   */
  readonly contextWindow?: number | undefined
  /**
   * When a session's older messages are folded into its summary, by a job. `threshold`: the tokens of messages that call
   * for it, 2048 unless `SUMMARIZATION_TOKENS_THRESHOLD` says otherwise. `model`: which model writes it,
   * `SUMMARIZATION_MODEL_NAME`, else the agent's own; the offline model quotes in place of writing.
   */
  readonly summarization?: { readonly threshold?: number | undefined; readonly model?: string | undefined } | undefined
  /**
   * How long a memory is kept that no turn recalls, since it was made or last recalled; then it is forgotten, and what it
   * is from is found no more. Default: for ever.
   */
  readonly memoryLifetime?: Duration | undefined
}

/** Which docs are embedded anew, and by what. */
export interface ReindexOptions {
  /** The file of the store. Default: `JULEP_DATABASE_URL`, else the file `.julep/julep.db`. */
  readonly storage?: { readonly file: string } | undefined
  /** What makes the vectors; `"none"` only forgets them. Default: what the environment names, as for {@link EmbeddedOptions}. */
  readonly embedder?: "none" | EmbedderEndpoint | undefined
}
