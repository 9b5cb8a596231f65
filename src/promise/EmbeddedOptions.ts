/** The options of an embedded engine, in plain values. */
import type { JsonObject } from "../schema/Field.js"
import type { Duration, RetryPolicy, Timeout } from "./Options.js"

/** How the engine calls an endpoint of a model, of embeddings or of a reranker. */
export interface CommonEndpointOptions {
  /**
   * The base URL, usually ending in `/v1`. A URL that ends in the path of a request, such as `/chat/completions`, works as
   * well, and parameters such as `?api-version=2024-06-01` go with every request.
   */
  readonly url: string
  /** The key, sent as `Authorization: Bearer <key>`. Default: none is sent. */
  readonly apiKey?: string | undefined
  /** Headers of every request. A header `Authorization` replaces that of `apiKey`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Members of the body of every request, such as `{ reasoning_effort: "low" }`; what a request sets itself replaces them.
   * It may not hold `model`, `messages`, `tools`, `stream`, `n` or `response_format`, nor `input` for an embedder,
   * nor `query`, `texts` or `documents` for a reranker.
   * Default: none.
   */
  readonly extra?: JsonObject | undefined
  /** Members that no body has, because the endpoint refuses them, such as `["seed"]`. Default: none. */
  readonly omit?: ReadonlyArray<string> | undefined
  /**
   * Time budgets of a request. A duration bounds the whole request with its retries, and the wait for a streamed reply to
   * begin. Default: 300 seconds until a response begins, for each attempt, and 300 seconds between two chunks of it. A
   * request that runs out of time is not repeated.
   */
  readonly timeout?: Timeout | undefined
  /**
   * `false` for one attempt, or a policy. Default: two retries after 408, 429, 5xx and lost connections, until the first
   * byte of the response, after half a second and a second or the pause that the endpoint asks for, up to 60 seconds.
   */
  readonly retry?: false | RetryPolicy | undefined
  /** How many requests run at a time, a whole number from 1; others wait in the order of their calls. Default: no limit. */
  readonly maxConcurrency?: number | undefined
}

/** An OpenAI-compatible endpoint whose model answers for the embedded engine. */
export interface ModelEndpoint extends CommonEndpointOptions {
  /** The model for agents that name no model, or one that Julep hosted. Default: `MODEL_NAME`. */
  readonly name?: string | undefined
  /** Whether the endpoint accepts settings beyond OpenAI's, such as `min_p`, as vLLM does. Default: false. */
  readonly samplingExtensions?: boolean | undefined
  /**
   * Whether messages are sent with the `name` of their sender, which some endpoints refuse. Only names of at most 64
   * letters, digits, `_` and `-` are sent. Default: false. Where several names share a role, their texts begin with them in
   * any case.
   */
  readonly messageNames?: boolean | undefined
}

/** An endpoint of embeddings. A `url` that ends in `/embed` is that of Hugging Face's Text Embeddings Inference. */
export interface EmbedderEndpoint extends CommonEndpointOptions {
  /** The model. Its name is stored with the vectors: to change it, run `Client.reindex`. */
  readonly name: string
  /** The length of the vectors, for a model that can make several. Default: the length of the endpoint's first answers. */
  readonly dimensions?: number | undefined
  /**
   * The most tokens of a text that the model reads, by the engine's estimate. Of a longer text, such as a passage for a model
   * that reads 512 tokens, the beginning is embedded. Default: 8192.
   */
  readonly maxTokens?: number | undefined
  /**
   * How long the embedding of a question may take, with its retries; after that, recall goes on with words alone. Default:
   * 3 seconds.
   */
  readonly queryTimeout?: Duration | undefined
}

/**
 * An endpoint that reranks: `/rerank` of Cohere, Jina and servers that speak as they do, or of Hugging Face's Text Embeddings
 * Inference. It is added to the `url`, unless that ends in it.
 */
export interface RerankEndpoint extends Omit<CommonEndpointOptions, "timeout"> {
  /**
   * The model. With one, requests are in the form of Cohere and Jina. Default: none, and requests are in the form of Text
   * Embeddings Inference.
   */
  readonly model?: string | undefined
  /**
   * How long a search waits for the reranker, with its retries; after that, the order is that of the search. Default:
   * 3 seconds.
   */
  readonly timeout?: Duration | undefined
}

/**
 * A layer of Effect that implements a port of the engine: `Embedded.Model`, `Embedded.Embedder` or `Embedded.Reranker` of
 * `effect-julep/embedded`. The type shows nothing of Effect, so it takes other values with a `pipe`, too; the engine checks
 * that it is a layer.
 */
export interface EngineLayer {
  /** A member that every layer of Effect has. */
  pipe(...steps: ReadonlyArray<never>): unknown
}

/**
 * A model that is not an endpoint, with its name: `EngineModel.languageModel` of `effect-julep/ai` makes one of any
 * `LanguageModel`.
 *
 * @example
 * ```ts
 * import { OpenAiClient, OpenAiLanguageModel } from "@effect/ai-openai"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Config, Layer } from "effect"
 * import { EngineModel } from "effect-julep/ai"
 * import { Client } from "effect-julep/promise"
 *
 * const responses = OpenAiLanguageModel.layer({ model: "gpt-4.1", config: { strict: false } }).pipe(
 *   Layer.provide(OpenAiClient.layerConfig({ apiKey: Config.redacted("OPENAI_API_KEY") })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * export const client = Client.embedded({ model: EngineModel.languageModel(responses, { name: "gpt-4.1" }) })
 * ```
 */
export interface ModelLayer {
  /** The layer of the model. It is built once, with the engine. */
  readonly layer: EngineLayer
  /** The model for agents that name no model, or one that Julep hosted. Default: `MODEL_NAME`. */
  readonly name?: string | undefined
}

/** The options of the embedded engine. */
export interface EmbeddedOptions {
  /**
   * Where rows are stored: a file, relative to the working directory; a PostgreSQL database, which several processes can
   * share; or memory, which is lost when the client closes. Default: `JULEP_DATABASE_URL`, else the file `.julep/julep.db`.
   */
  readonly storage?: { readonly file: string } | PostgresOptions | "memory" | undefined
  /**
   * The model that answers. Default: `MODEL_INFERENCE_URL`, else `OPENAI_BASE_URL`, else OpenAI if `OPENAI_API_KEY` is set, else `"offline"`, which
   * needs no network. With storage in memory nothing is read from the environment: the default is `"offline"`.
   */
  readonly model?: "offline" | ModelEndpoint | ModelLayer | EngineLayer | undefined
  /**
   * The embedder of docs and questions, so that recall also finds paraphrases. Default:
   * `DOCS_EMBEDDING_SERVICE_URL`, else `EMBEDDING_SERVICE_URL`, with `DOCS_EMBEDDING_MODEL_ID` and `EMBEDDING_API_KEY`;
   * else `"none"`. With storage in memory the default is `"none"`.
   */
  readonly embedder?: "none" | EmbedderEndpoint | EngineLayer | undefined
  /**
   * The reranker of the passages that recall finds: it reads the question with each of the best 32. Default:
   * `RERANK_SERVICE_URL`, with `RERANK_MODEL_ID` and `RERANK_API_KEY`; else `"none"`. With storage in memory the default is
   * `"none"`.
   */
  readonly rerank?: "none" | RerankEndpoint | EngineLayer | undefined
  /**
   * The model for agents that name no model, or one that Julep hosted. Default: `model.name`, else `MODEL_NAME`.
   */
  readonly name?: string | undefined
  /**
   * The model's context window in tokens, prompt and reply together: an integer, 1 or more. Default: `MODEL_CONTEXT_WINDOW`,
   * else the known window of the model, else 8192. A prompt that would not fit leaves out the oldest turns; history keeps
   * them.
   */
  readonly contextWindow?: number | undefined
  /**
   * When a job folds the older messages of a session into its summary. `threshold`: how many tokens of messages start it;
   * default `SUMMARIZATION_TOKENS_THRESHOLD`, else 2048. `model`: the model that writes it; default
   * `SUMMARIZATION_MODEL_NAME`, else the agent's own. The offline model quotes the messages instead.
   */
  readonly summarization?: { readonly threshold?: number | undefined; readonly model?: string | undefined } | undefined
  /**
   * Whether a job asks a model, after turns of a session, what its user or its agent could do next. `sessions.suggestions`
   * lists the answers. `true` asks after every turn; `turns`: after so many, default `SUGGESTIONS_TURNS`, else 1; `model`: the
   * model that suggests, default `SUGGESTIONS_MODEL_NAME`, else the agent's own. Each request of a model has its price, so the
   * default is `false`, unless `SUGGESTIONS_TURNS` is set. The offline model suggests nothing.
   */
  readonly suggestions?:
    | boolean
    | { readonly turns?: number | undefined; readonly model?: string | undefined }
    | undefined
  /**
   * How long to keep a memory that is not recalled, counted from its creation or its last recall. After that it is deleted,
   * and its source messages are no longer recalled. Default: forever.
   */
  readonly memoryLifetime?: Duration | undefined
  /**
   * How long the response to a streamed chat waits for the first event of the model, from the request on, with the wait in
   * the session's queue and all retries. A failure until then is the status of the response; a later one is an error event
   * at the end of the stream. `0` begins the response at once. Default: 15 seconds.
   */
  readonly streamOpening?: Duration | undefined
  /**
   * How many background jobs run at a time: of docs, and as many again of memories, summaries and suggestions. With an
   * embedder, as many requests to it run at a time, and the texts of many docs share each. The jobs of one session run one
   * after the other in any case. Default: 4.
   */
  readonly jobConcurrency?: number | undefined
  /**
   * The greatest size of a request body, in bytes; a larger one is refused with status 413 (`BadRequest`, code
   * `BODY_TOO_LARGE`). Default: 10,000,000.
   */
  readonly maxBodySize?: number | undefined
  /**
   * The developer whom the client acts for, a UUID. Developers see nothing of each other, also on one file. A call with the
   * header `X-Developer-Id` acts for the developer in it. Default: the nil UUID.
   */
  readonly developer?: string | undefined
}

/**
 * A PostgreSQL database, which several processes can share. `docs/postgres.md` says what to set for its poolers, its
 * certificates and its backups.
 *
 * @example
 * ```ts
 * import { Client, type PostgresOptions } from "effect-julep/promise"
 *
 * const storage: PostgresOptions = { url: "postgres://julep:secret@db.example.com/julep?sslmode=verify-full", poolSize: 5 }
 * const client = Client.embedded({ storage })
 * ```
 */
export interface PostgresOptions {
  /**
   * Where it is, such as `postgres://user:password@host:5432/database?sslmode=verify-full`, with the parameters of libpq that
   * `pg` knows. The password is in no error and no log.
   */
  readonly url: string
  /** How many connections this process opens at most: a whole number from 1. Default: `pool_size` of the URL, else 8. */
  readonly poolSize?: number | undefined
  /**
   * Whether statements are prepared, once for each connection. `false` for a pooler in transaction mode, such as PgBouncer.
   * Default: `prepared` of the URL, else `false` where it has `pgbouncer=true`, else `true`.
   */
  readonly prepared?: boolean | undefined
}

/** Which store to embed again, and with what. */
export interface ReindexOptions {
  /** The store. Default: `JULEP_DATABASE_URL`, else the file `.julep/julep.db`. */
  readonly storage?: { readonly file: string } | PostgresOptions | undefined
  /** The embedder; `"none"` deletes the vectors. Default: the embedder of the environment, as for {@link EmbeddedOptions}. */
  readonly embedder?: "none" | EmbedderEndpoint | EngineLayer | undefined
}

/** Which store to copy. */
export interface BackupOptions {
  /** The file of the store. Default: `JULEP_DATABASE_URL`, else the file `.julep/julep.db`. */
  readonly storage?: { readonly file: string } | undefined
}
