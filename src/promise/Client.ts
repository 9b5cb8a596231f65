import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { layerFetch } from "../layers/Http.js"
import { layerEverything } from "../layers/Julep.js"
import { resolve } from "../layers/JulepConfig.js"
import { JulepConfigError } from "../schema/Errors.js"
import type * as Service from "../services/Julep.js"
import { JulepConfig } from "../services/JulepConfig.js"
import { type Agents, agents } from "./Agents.js"
import { type Chat, type Completions, chat, completions } from "./Chat.js"
import { type Docs, docs } from "./Docs.js"
import type { BackupOptions, EmbeddedOptions, ReindexOptions } from "./EmbeddedOptions.js"
import { type Jobs, jobs } from "./Jobs.js"
import { type Memories, memories } from "./Memories.js"
import type { ClientOptions } from "./Options.js"
import { Runner } from "./Runner.js"
import { reasonOf, runPromiseExit } from "./runtime.js"
import { type Sessions, sessions } from "./Sessions.js"
import { callSiteAbove, pointTo } from "./stack.js"
import { type Tools, tools } from "./Tools.js"
import { type Users, users } from "./Users.js"

/** The client over fetch. Invalid options throw at once. */
const remote = ({ fetch, ...options }: ClientOptions): Layer.Layer<Service.Julep> => {
  const config = Effect.runSyncExit(resolve(options))
  if (Exit.isFailure(config)) {
    const error = Cause.squash(config.cause)
    pointTo(error, callSiteAbove(remote))
    throw error
  }
  const http = fetch === undefined ? layerFetch : Layer.provide(layerFetch, Layer.succeed(FetchHttpClient.Fetch, fetch))
  return Layer.provide(layerEverything, Layer.merge(http, Layer.succeed(JulepConfig, config.value)))
}

type Engine = typeof import("#embedded")

/** Loads the engine through the package's imports map, which names a stub where the engine cannot run. */
const ofEngine = async <A>(use: (engine: Engine) => A): Promise<A> => {
  try {
    return use(await import("#embedded"))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new JulepConfigError({ message: `The embedded engine could not be loaded: ${reason}` })
  }
}

const outcome = async <A>(effect: Effect.Effect<A, unknown>): Promise<A> => {
  const exit = await runPromiseExit(effect)
  if (Exit.isSuccess(exit)) return exit.value
  throw reasonOf(exit.cause)
}

/** Older browsers lack the symbol: compilers of `await using` fall back to this one. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")

/**
 * The Julep Agents API as promises.
 *
 * Every method takes request options (`signal`, `timeout`, `retry`, `headers`, `idempotencyKey`, `onResponse`) as its last
 * argument, after an optional query. Promises reject with the error classes of this package: check `instanceof` or `_tag`.
 * An aborted call rejects with the reason of its signal, as `fetch` does.
 *
 * @example
 * ```ts
 * import { Client, messageText, NotFound } from "effect-julep/promise"
 *
 * const client = new Client({ apiKey: "secret", baseUrl: "https://host/api" }) // or JULEP_API_KEY and JULEP_API_URL
 *
 * export const ask = async (question: string) => {
 *   try {
 *     const agent = await client.agents.create({ name: "Ada", instructions: ["Be brief."] })
 *     const session = await client.sessions.create({ agent_id: agent.id })
 *     const reply = await client.sessions.chat(
 *       session.id,
 *       { messages: [{ role: "user", content: question }] },
 *       { timeout: "30 seconds" }
 *     )
 *     return messageText(reply)
 *   } catch (error) {
 *     if (error instanceof NotFound) return `There is no ${error.resource} ${error.id}.`
 *     throw error
 *   }
 * }
 * ```
 */
export class Client {
  /** The manager of agents. */
  readonly agents: Agents
  /** The manager of users. */
  readonly users: Users
  /** The manager of sessions: conversations, their history, and chats. */
  readonly sessions: Sessions
  /** The manager of docs: the knowledge of agents and users. */
  readonly docs: Docs
  /** The manager of memories: what agents remember about users. */
  readonly memories: Memories
  /** The manager of an agent's tools. */
  readonly tools: Tools
  /** The manager of background jobs. */
  readonly jobs: Jobs
  /** OpenAI-compatible chat completions. */
  readonly chat: Chat
  /** OpenAI-compatible text completions. */
  readonly completions: Completions
  readonly #runner: Runner

  /**
   * Creates a client of a server; nothing is sent yet. Throws `JulepConfigError` if the key or the URL is missing, blank or
   * malformed.
   */
  constructor(options?: ClientOptions)
  /** @internal */
  constructor(runner: Runner)
  constructor(given: ClientOptions | Runner = {}) {
    const runner = given instanceof Runner ? given : Runner.of(remote(given))
    this.#runner = runner
    this.agents = agents(runner)
    this.users = users(runner)
    this.sessions = sessions(runner)
    this.docs = docs(runner)
    this.memories = memories(runner)
    this.tools = tools(runner)
    this.jobs = jobs(runner)
    this.chat = chat(runner)
    this.completions = completions(runner)
  }

  /**
   * Creates a client of an engine in this process: no server, no key. The first call loads and opens the engine. If that
   * fails, the call rejects with `JulepConfigError`, `StorageOpenError`, `StorageLocked` or `StorageError`, and the next
   * call tries again. Close the client when you are done.
   *
   * @example
   * ```ts
   * import { Client, messageText } from "effect-julep/promise"
   *
   * const answer = async () => {
   *   const client = Client.embedded({ storage: "memory" })
   *   try {
   *     const agent = await client.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Tea takes 4 minutes." }] })
   *     const session = await client.sessions.create({ agent_id: agent.id })
   *     return messageText(await client.sessions.chat(session.id, "Tea?"))
   *   } finally {
   *     await client.close()
   *   }
   * }
   * ```
   */
  static embedded(options: EmbeddedOptions = {}): Client {
    return new Client(new Runner(() => ofEngine<Layer.Layer<Service.Julep, unknown>>(({ layer }) => layer(options))))
  }

  /**
   * Embeds all docs, messages and memories of a store again, and resolves to the number of docs. Run it after you change
   * the embedder's model: until then chats fail, because vectors of two models cannot be compared. Run it also after you
   * add an embedder: until then what was stored before is found by its words only. Close the clients of the store first.
   * Each doc has a job, which makes up to five attempts; that of a doc that cannot be embedded ends as failed. Rejects with
   * `StorageOpenError` if there is no store, else with the errors that the first call of an embedded client has.
   *
   * @example
   * ```ts
   * import { Client } from "effect-julep/promise"
   *
   * export const docs = () =>
   *   Client.reindex({ storage: { file: "julep.db" }, embedder: { url: "http://localhost:8080/v1", name: "bge-m3" } })
   * ```
   */
  static async reindex(options: ReindexOptions = {}): Promise<number> {
    return outcome(await ofEngine(({ reindex }) => reindex(options)))
  }

  /**
   * Writes a consistent copy of a store to a new file, with all that is committed when the copy begins. It works while
   * embedded clients of this process use the store; their calls wait meanwhile, about a second for 100 MB. Open the copy
   * with `storage: { file }`. Rejects with `StorageError` if the file exists already or cannot be written, with
   * `StorageOpenError` if there is no store, with `StorageLocked` if another process uses it, and with `JulepConfigError`
   * for a PostgreSQL database, which is backed up with its own tools, such as `pg_dump`.
   *
   * @example
   * ```ts
   * import { Client } from "effect-julep/promise"
   *
   * export const copied = () => Client.backup("backups/monday.db", { storage: { file: "data/julep.db" } })
   * ```
   */
  static async backup(path: string, options: BackupOptions = {}): Promise<void> {
    return outcome(await ofEngine(({ backup }) => backup(path, options)))
  }

  /**
   * Stops the calls in flight, releases the resources of the client, and waits for both. The calls that it stops, and later
   * calls, reject with `InvalidRequest`. To close again waits for the same. A client of a server need not be closed: it
   * holds no timer and no connection that keeps a process alive.
   */
  close(): Promise<void> {
    return this.#runner.close()
  }

  /** Closes the client, for `await using client = ...`. */
  [asyncDispose](): Promise<void> {
    return this.close()
  }
}
