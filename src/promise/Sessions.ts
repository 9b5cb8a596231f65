/** The manager of sessions with promises; `services/Sessions.ts` has the one with effects. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { EncodedOf, TypeOf } from "../services/AnySchema.js"
import { accumulateChat } from "../services/accumulate.js"
import { accumulateObject } from "../services/object/accumulate.js"
import type { ObjectOptions } from "../services/object/objects.js"
import { accumulateRun } from "../services/run/sessions.js"
import type {
  AccumulatedReply,
  ChatInput,
  ChatMLMessage,
  ChatResponse,
  ChatStreamEvent,
  ClaimToolCalls,
  Created,
  CreateSession,
  HistoryQuery,
  ListQuery,
  ObjectEvent,
  ObjectReply,
  PageQuery,
  PatchSession,
  RecentPrompt,
  RenderedChat,
  Run,
  RunEvent,
  Session,
  StreamedRun,
  Suggestion,
  ToolCallsClaimed,
  Updated,
  UpdateSession,
  WholeObject
} from "./entities.js"
import type { JulepError } from "./errors.js"
import type { RequestOptions } from "./Options.js"
import { branded, id as idOf, withIds } from "./Plain.js"
import type { Runner } from "./Runner.js"
import {
  eventsOf,
  type ResumeOptions,
  type RunOptions,
  runOf,
  toEffectResumeOptions,
  toEffectRunOptions
} from "./run.js"
import type { ItemStream, ReplyStream } from "./streams.js"
import { updating } from "./update.js"

/**
 * The manager of sessions: conversations, their history, and chats.
 *
 * @example
 * ```ts
 * import { type Client, messageText } from "effect-julep/promise"
 *
 * const ask = async (client: Client, session: string, question: string) => {
 *   const reply = await client.sessions.chat(session, question)
 *   return messageText(reply)
 * }
 * ```
 */
export interface Sessions {
  /** The session with this id. Rejects with `NotFound` if there is none. */
  get(id: string, options?: RequestOptions): Promise<Session>
  /** Creates a session of an agent, with or without a user. Resolves to the input plus `id`, `created_at`, `jobs`. */
  create(input: CreateSession, options?: RequestOptions): Promise<CreateSession & Created>
  /** One page of sessions, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(query?: ListQuery, options?: RequestOptions): Promise<ReadonlyArray<Session>>
  /**
   * Streams every session, page by page; `limit` is the page size, at most 1,000. On an
   * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
   * delete skips another one.
   */
  listAll(query?: ListQuery, options?: RequestOptions): ItemStream<Session>
  /** Replaces a session's situation and metadata (PUT). */
  update(
    id: string,
    replacement: UpdateSession,
    mode: { readonly overwrite: true },
    options?: RequestOptions
  ): Promise<UpdateSession & Updated>
  /** Changes a session (PATCH): omitted members stay, and `metadata` is merged deeply. */
  update(
    id: string,
    changes: PatchSession,
    mode?: { readonly overwrite?: false | undefined },
    options?: RequestOptions
  ): Promise<PatchSession & Updated>
  /** Deletes a session with its history. The memories formed in it stay. Succeeds if there is no such session. */
  delete(id: string, options?: RequestOptions): Promise<void>
  /**
   * One turn: sends messages and resolves to the reply. A text is one message of the user; an input has messages, and
   * settings for this turn. `recall`, `record` and `remember` default to true.
   */
  chat(id: string, input: string | ChatInput, options?: RequestOptions): Promise<ChatResponse>
  /**
   * `chat`, streamed: iterate over the events, or collect them with `accumulate()`. If the stream ends before its last
   * event, it fails with `StreamInterrupted`, whose `text` is the reply so far. Leaving the loop stops the turn.
   *
   * @example
   * ```ts
   * import { type Client, deltaText } from "effect-julep/promise"
   *
   * const print = async (client: Client, session: string, question: string) => {
   *   for await (const event of client.sessions.chatStream(session, question)) {
   *     process.stdout.write(deltaText(event))
   *   }
   * }
   * ```
   */
  chatStream(
    id: string,
    input: string | ChatInput,
    options?: RequestOptions
  ): ReplyStream<ChatStreamEvent, AccumulatedReply>
  /**
   * Chats until the model has answered: runs the tools that it calls and sends back their results. What a tool throws
   * rejects the run once the tools that run beside it have ended; the results so far are stored, and `resume` goes on with
   * the other calls. Wrong arguments and calls of unknown tools are answered to the model, so that it corrects them. Under an
   * idempotency key, a run that is repeated runs no tool again whose result was sent.
   *
   * @example
   * ```ts
   * import { type Client, tool } from "effect-julep/promise"
   * import { z } from "zod"
   *
   * const orderStatus = tool({
   *   description: "Looks up the state of an order by its number",
   *   input: z.object({ order_number: z.int() }),
   *   execute: async ({ order_number }) => ({ order_number, state: "shipped" })
   * })
   *
   * const ask = async (client: Client, session: string, question: string) => {
   *   const { text } = await client.sessions.run(session, question, { tools: { order_status: orderStatus } })
   *   return text
   * }
   * ```
   */
  run(id: string, input: string | ChatInput, run: RunOptions, options?: RequestOptions): Promise<Run>
  /**
   * `run`, streamed: the events of all replies, with those of the tools between them, and last the outcome, which
   * `accumulate()` resolves to. `deltaText` has the text of an event. Leaving the loop stops the run.
   */
  runStream(
    id: string,
    input: string | ChatInput,
    run: RunOptions,
    options?: RequestOptions
  ): ReplyStream<RunEvent, StreamedRun>
  /**
   * Goes on with the calls of the newest reply that have no result: a run was suspended for decisions, was aborted, or failed.
   * Works in any process, because history has the calls. It claims them first, so that of two calls of `resume` only one runs
   * the tools: the other rejects with `Conflict`, also if this program dies, unless `takeOverAfter` says otherwise; a tool that
   * failed may run again. If all calls have results and no reply came, it asks for the reply and runs nothing.
   *
   * Pass all tools of the run, and the same `approve`. A call that a run was suspended for stays suspended until a decision
   * or `approve` says otherwise; the server keeps its mark.
   *
   * Rejects with `Conflict` if nothing is open, with `InvalidRequest` if the tool of a call that is allowed is missing, and
   * with `NotFound` if the server has no claims, which are beyond v0.3.
   *
   * @example
   * ```ts
   * import { type Client, tool } from "effect-julep/promise"
   *
   * const refund = tool({ description: "Refunds the order", needsApproval: true, execute: () => "refunded" })
   *
   * const decide = async (client: Client, session: string, message_id: string, yes: boolean) => {
   *   const decisions = { [message_id]: yes ? ("allow" as const) : { refuse: "The clerk declined." } }
   *   return (await client.sessions.resume(session, { tools: { refund }, decisions })).text
   * }
   * ```
   */
  resume(id: string, resume: ResumeOptions, options?: RequestOptions): Promise<Run>
  /** `resume`, streamed like `runStream`. */
  resumeStream(id: string, resume: ResumeOptions, options?: RequestOptions): ReplyStream<RunEvent, StreamedRun>
  /**
   * Beyond v0.3: claims calls of tools that have no result, so that only one program runs them; `resume` does so. All are
   * claimed, or none: a call that is claimed, that has a result, or that is of an earlier reply is a `Conflict`. A claim that
   * is older than `take_over_after`, in seconds, is taken over. With `release`, the `claimed_at` of a claim, that claim ends
   * instead. `results`, by the ids of the calls' messages, become part of the history without a reply. With `suspend` the
   * calls are marked as suspended instead: they run only after a decision.
   */
  claim(id: string, calls: ClaimToolCalls, options?: RequestOptions): Promise<ToolCallsClaimed>
  /**
   * One turn whose reply is an object of a schema: a Standard Schema that has a JSON Schema (zod, valibot, arktype), a schema
   * of Effect, or a JSON Schema, which checks nothing. The model is held to the schema where its endpoint can do so. The
   * reply is read also where thoughts, a code fence or other text is around it, and decoded.
   *
   * If the reply does not fit, the model is asked once more, or as often as `repair` says, with what is wrong; history keeps
   * the question and the first reply only. If it still does not fit, this rejects with `InvalidObject`, which has the text
   * and the issues. Rejects with `InvalidRequest` if the schema has no JSON Schema, or if no value fits it. `tool_choice` is `"none"`, unless the
   * input sets it: a call of a tool is not an object.
   *
   * @example
   * ```ts
   * import type { Client } from "effect-julep/promise"
   * import { z } from "zod"
   *
   * const ticket = z.object({ title: z.string().min(1), priority: z.enum(["low", "high"]) })
   *
   * const triage = async (client: Client, session: string, mail: string) => {
   *   const { object } = await client.sessions.chatObject(session, mail, ticket)
   *   return object.priority === "high" ? `Now: ${object.title}` : object.title
   * }
   * ```
   */
  chatObject<S extends object>(
    id: string,
    input: string | ChatInput,
    schema: S,
    options?: ObjectOptions & RequestOptions
  ): Promise<ObjectReply<TypeOf<S>>>
  /**
   * `chatObject`, streamed: the object as far as it is written, each time that there is more (of a long one, each time that it
   * has grown by a hundredth), and last the whole object, decoded, with `done: true`; `accumulate()` resolves to that. It asks once: if the reply does not fit, the stream fails
   * with `InvalidObject`.
   */
  chatObjectStream<S extends object>(
    id: string,
    input: string | ChatInput,
    schema: S,
    options?: RequestOptions
  ): ReplyStream<ObjectEvent<TypeOf<S>, EncodedOf<S>>, WholeObject<TypeOf<S>>>
  /**
   * Beyond v0.3: exactly what `chat` would send to the model. It sends nothing to the model and writes nothing. Only
   * engines of this package have it, embedded or served.
   */
  render(id: string, input: string | ChatInput, options?: RequestOptions): Promise<RenderedChat>
  /** One page of history, the oldest message first; `{ order: "desc" }` (an extension) gives the newest first. */
  history(id: string, query?: HistoryQuery, options?: RequestOptions): Promise<ReadonlyArray<ChatMLMessage>>
  /** Streams the whole history, the oldest message first, page by page. */
  historyAll(id: string, options?: RequestOptions): ItemStream<ChatMLMessage>
  /** Deletes every message of a session; the session and its memories stay. Succeeds if there is no such session. */
  deleteHistory(id: string, options?: RequestOptions): Promise<void>
  /**
   * One page of the next steps that a model suggested for the session, the newest first. `limit`: 1 to 10,000, default 100;
   * `offset`: default 0. The list is empty unless the engine's option `suggestions` is on, because each request of a model has
   * its price. The offline model suggests nothing, and a server of v0.3 always lists nothing.
   */
  suggestions(id: string, query?: PageQuery, options?: RequestOptions): Promise<ReadonlyArray<Suggestion>>
  /**
   * Beyond v0.3: the prompts of the last 20 chats that asked to `explain` theirs, the newest first. The engine has them in
   * memory alone.
   */
  prompts(id: string, options?: RequestOptions): Promise<ReadonlyArray<RecentPrompt>>
}

/** Promises provide no services, which only schemas of Effect can require. */
const withoutServices = <A>(effect: Effect.Effect<A, JulepError, unknown>) => effect as Effect.Effect<A, JulepError>
const streamWithoutServices = <A>(stream: Stream.Stream<A, JulepError, unknown>) =>
  stream as Stream.Stream<A, JulepError>

/** @internal */
export const sessions = (runner: Runner): Sessions => ({
  get: (id, options) => runner.call(({ sessions }) => sessions.get(idOf(id)), options),
  create: (input, options) => runner.call(({ sessions }) => sessions.create(withIds(input)), options),
  list: (query, options) => runner.call(({ sessions }) => sessions.list(query), options),
  listAll: (query, options) => runner.items(({ sessions }) => sessions.listAll(query), options),
  update: updating(runner, ({ sessions }) => sessions.update),
  delete: (id, options) => runner.call(({ sessions }) => sessions.delete(idOf(id)), options),
  chat: (id, input, options) => runner.call(({ sessions }) => sessions.chat(idOf(id), branded(input)), options),
  chatStream: (id, input, options) =>
    runner.reply(({ sessions }) => sessions.chatStream(idOf(id), branded(input)), accumulateChat, options),
  run: (id, input, run, options) =>
    runner.call(({ sessions }) => runOf(sessions.run(idOf(id), branded(input), toEffectRunOptions(run))), options),
  runStream: (id, input, run, options) =>
    runner.reply(
      ({ sessions }) => eventsOf(sessions.runStream(idOf(id), branded(input), toEffectRunOptions(run))),
      accumulateRun,
      options
    ),
  resume: (id, resume, options) =>
    runner.call(({ sessions }) => runOf(sessions.resume(idOf(id), toEffectResumeOptions(resume))), options),
  resumeStream: (id, resume, options) =>
    runner.reply(
      ({ sessions }) => eventsOf(sessions.resumeStream(idOf(id), toEffectResumeOptions(resume))),
      accumulateRun,
      options
    ),
  claim: (id, calls, options) => runner.call(({ sessions }) => sessions.claim(idOf(id), branded(calls)), options),
  chatObject: (id, input, schema, { repair, ...options } = {}) =>
    runner.call(
      ({ sessions }) => withoutServices(sessions.chatObject(idOf(id), branded(input), schema, { repair })),
      options
    ),
  chatObjectStream: (id, input, schema, options) =>
    runner.reply(
      ({ sessions }) => streamWithoutServices(sessions.chatObjectStream(idOf(id), branded(input), schema)),
      accumulateObject,
      options
    ),
  render: (id, input, options) => runner.call(({ sessions }) => sessions.render(idOf(id), branded(input)), options),
  history: (id, query, options) => runner.call(({ sessions }) => sessions.history(idOf(id), query), options),
  historyAll: (id, options) => runner.items(({ sessions }) => sessions.historyAll(idOf(id)), options),
  deleteHistory: (id, options) => runner.call(({ sessions }) => sessions.deleteHistory(idOf(id)), options),
  suggestions: (id, query, options) => runner.call(({ sessions }) => sessions.suggestions(idOf(id), query), options),
  prompts: (id, options) => runner.call(({ sessions }) => sessions.prompts(idOf(id)), options)
})
