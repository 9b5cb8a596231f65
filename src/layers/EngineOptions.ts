/** The options of the engine, and the errors of starting it. */
import type * as Duration from "effect/Duration"
import { JulepConfigError } from "../schema/Errors.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import type { EmbedderOption } from "./EngineEmbedder.js"
import type { ModelOption } from "./EngineModel.js"
import type { RerankOption } from "./EngineReranker.js"
import type { StorageFailure, StorageOption } from "./EngineStorage.js"
import type { SuggestionsOption } from "./EngineSuggestions.js"
import type { SummarizationOption } from "./EngineSummarization.js"

/** The origin that the engine answers in process. */
export const ORIGIN = "http://embedded.julep"

/** For whom a client in this process acts. */
export interface ClientOptions {
  /**
   * The developer whom the client acts for, a UUID. Developers see nothing of each other. Default: the nil UUID, as for a
   * request without the header `X-Developer-Id`. A call that has this header acts for the developer in it.
   */
  readonly developer?: string | undefined
}

/**
 * The options of an engine. An engine in memory reads nothing from the environment: its defaults are those of an empty
 * environment.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 *
 * const options: Embedded.Options = {
 *   storage: { file: "data/julep.db" },
 *   model: { url: "http://localhost:11434/v1", name: "llama3.2" },
 *   contextWindow: 32_768,
 *   memoryLifetime: "90 days"
 * }
 * const engine = Embedded.layer(options)
 * ```
 */
export interface Options {
  /** Where rows are stored: a file, a PostgreSQL database or memory. Default: `JULEP_DATABASE_URL`, else the file `.julep/julep.db`. */
  readonly storage?: StorageOption | undefined
  /**
   * The model that answers. Default: the endpoint of `MODEL_INFERENCE_URL` or `OPENAI_BASE_URL`, else OpenAI if
   * `OPENAI_API_KEY` is set, else `"offline"`.
   */
  readonly model?: ModelOption | undefined
  /**
   * The embedder of docs and questions, so that recall also finds paraphrases. Default:
   * `DOCS_EMBEDDING_SERVICE_URL`, else `EMBEDDING_SERVICE_URL`, with `DOCS_EMBEDDING_MODEL_ID` and `EMBEDDING_API_KEY`;
   * else `"none"`. To change the model of a store that has vectors, run {@link reindex}.
   */
  readonly embedder?: EmbedderOption | undefined
  /**
   * The reranker of the passages that recall finds: it reads the question with each of the best 32. Default:
   * `RERANK_SERVICE_URL`, with `RERANK_MODEL_ID` and `RERANK_API_KEY`; else `"none"`.
   */
  readonly rerank?: RerankOption | undefined
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
  readonly summarization?: SummarizationOption | undefined
  /**
   * Whether a job asks a model, after turns of a session, what its user or its agent could do next. `sessions.suggestions`
   * lists the answers. `true` asks after every turn; `turns`: after so many, default `SUGGESTIONS_TURNS`, else 1; `model`: the
   * model that suggests, default `SUGGESTIONS_MODEL_NAME`, else the agent's own. Each request of a model has its price, so the
   * default is `false`, unless `SUGGESTIONS_TURNS` is set. The offline model suggests nothing.
   */
  readonly suggestions?: boolean | SuggestionsOption | undefined
  /**
   * How long to keep a memory that is not recalled, counted from its creation or its last recall. After that it is deleted,
   * and its source messages are no longer recalled. Default: forever.
   */
  readonly memoryLifetime?: Duration.DurationInput | undefined
  /**
   * How long the response to a streamed chat waits for the first event of the model, from the request on, with the wait in
   * the session's queue and all retries. A failure until then is the status of the response; a later one is an error event
   * at the end of the stream. `0` begins the response at once. Default: 15 seconds.
   */
  readonly streamOpening?: Duration.DurationInput | undefined
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
}

const OPTIONS: OptionNames<Options> = {
  storage: true,
  model: true,
  embedder: true,
  rerank: true,
  name: true,
  contextWindow: true,
  summarization: true,
  suggestions: true,
  memoryLifetime: true,
  streamOpening: true,
  jobConcurrency: true,
  maxBodySize: true
}

/** The error of an option that does not exist, if there is one. */
export const unknownIn = <Given>(
  of: string,
  options: Given | undefined,
  names: OptionNames<NoInfer<Given>>
): JulepConfigError | undefined => {
  const unknown = unknownOption(of, options, names)
  return unknown && new JulepConfigError({ message: unknown.message })
}

/** The error of the first option of an engine, or member of one, that does not exist. */
export const unknownOptionOf = (options: Options): JulepConfigError | undefined => {
  const { suggestions, summarization } = options
  return (
    unknownIn("an engine", options, OPTIONS) ??
    unknownIn("summarization", summarization, { threshold: true, model: true }) ??
    unknownIn("suggestions", typeof suggestions === "object" ? suggestions : undefined, { turns: true, model: true })
  )
}

/** Why an engine does not start: its store does not open, or its configuration is invalid. */
export type Failure = StorageFailure | JulepConfigError
