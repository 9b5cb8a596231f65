/** Tools and runs with promises; `services/run` has those with effects. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Stream from "effect/Stream"
import type { ChatInput as EffectInput } from "../schema/Chat.js"
import type { JsonObject } from "../schema/Field.js"
import type { Approval, ApprovalContext } from "../services/run/Run.js"
import { type ToolArguments, type AgentTool as ToolOfEffect, tool as toolOfEffect } from "../services/run/tool.js"
import type { ToolCall } from "../services/run/toolCalls.js"
import type { ChatInput } from "./entities.js"
import type { JulepError } from "./errors.js"
import type { Duration } from "./Options.js"
import { branded } from "./Plain.js"

/** The call that a function runs for, and a signal that is aborted with the run. */
export interface ToolContext extends ToolCall {
  /** Aborted when the run is: pass it on to what the function calls. */
  readonly signal: AbortSignal
}

/** A function that runs the calls of a tool that the agent already has. It gets the arguments as the model wrote them. */
export type ToolHandler = (args: JsonObject, context: ToolContext) => unknown

declare const made: unique symbol

/** A tool that runs in this program, made with `tool`. */
export interface AgentTool {
  readonly [made]: true
}

/** Tools by their names: those made with `tool` are offered to the model in this run, functions are of the agent's tools. */
export interface ToolSet {
  readonly [name: string]: AgentTool | ToolHandler
}

/** What a tool is made of. */
export interface ToolOptions<Input extends object> {
  /** What the tool does, in words for the model. */
  readonly description?: string
  /**
   * The arguments: a Standard Schema that has a JSON Schema (zod, valibot, arktype), a schema of Effect, or a JSON Schema.
   * Default: none.
   */
  readonly input?: Input
  /** Whether a call must be approved before it runs. Default: `false`. See `approve` of a run. */
  readonly needsApproval?: boolean | ((args: ToolArguments<Input>) => boolean)
  /** Runs a call. A text goes to the model as it is, any other value as JSON. An error rejects the run. */
  readonly execute: (args: ToolArguments<Input>, context: ToolContext) => unknown
}

/** The options of `sessions.run` and `sessions.runStream`. */
export interface RunOptions {
  /** The tools by their names. */
  readonly tools: ToolSet
  /** How many replies the model may give, at least 1. Default: 8. */
  readonly maxRounds?: number
  /** How many calls of one reply run at the same time. Default: all. */
  readonly concurrency?: number | "unbounded"
  /** Makes the result that the model gets of an error of a tool. Default: the error rejects the run. */
  readonly onToolError?: (error: unknown, call: ToolCall) => unknown
  /**
   * Decides whether a call may run. If one call of a reply is suspended, none of them runs. With `undefined` the tool
   * decides, as without this option: a call that needs approval is suspended, any other is allowed.
   */
  readonly approve?: (call: ToolCall, tool: ApprovalContext) => Approval | undefined | Promise<Approval | undefined>
}

/** The options of `sessions.resume` and `sessions.resumeStream`. */
export interface ResumeOptions extends RunOptions {
  /**
   * Decisions on calls that a run was suspended for, by their `message_id`: on all of them, because no decision is kept. The
   * calls of a run that is suspended again have the decisions that were made.
   */
  readonly decisions?: { readonly [message_id: string]: Approval }
  /**
   * Takes over claims that are older than this: the program that has claimed the calls has ended, so that its tools may have
   * run or not. A number is milliseconds. Default: never.
   */
  readonly takeOverAfter?: Duration
  /** Whether the calls are claimed first. `false` is for servers that have no claims. Default: `true`. */
  readonly claim?: boolean
  /** Settings of the chats: those of the run are not kept. */
  readonly settings?: Omit<ChatInput, "messages">
}

/** What a function of the caller threw. It reaches the caller as it is, with its own stack. */
class Thrown {
  constructor(readonly reason: unknown) {}
}

const attempt = <A>(run: (signal: AbortSignal) => A | Promise<A>): Effect.Effect<A, Thrown> =>
  Effect.tryPromise({ try: async (signal) => run(signal), catch: (reason) => new Thrown(reason) })

/**
 * Makes a tool for `sessions.run`, which offers it to the model, checks the arguments of each call, runs `execute`, and sends
 * back the result.
 *
 * @example
 * ```ts
 * import { tool } from "effect-julep/promise"
 * import { z } from "zod"
 *
 * const orderStatus = tool({
 *   description: "Looks up the state of an order by its number",
 *   input: z.object({ order_number: z.int() }),
 *   execute: async ({ order_number }) => ({ order_number, state: "shipped" })
 * })
 * ```
 */
export const tool = <Input extends object = JsonObject>({ execute, ...options }: ToolOptions<Input>): AgentTool => {
  const run = adapted(
    execute,
    (execute) => (args: ToolArguments<Input>, call: ToolCall) => attempt((signal) => execute(args, { ...call, signal }))
  )
  // Without a function, which only a program without types can leave out, the run refuses the tool.
  const made = toolOfEffect({ ...options, execute: run as NonNullable<typeof run> })
  // What a tool consists of is not part of this API.
  return made as unknown as AgentTool
}

const handler = (run: ToolHandler) => (args: JsonObject, call: ToolCall) =>
  attempt((signal) => run(args, { ...call, signal }))

const toEffect = (tool: AgentTool | ToolHandler) =>
  // `tool` makes nothing else.
  typeof tool === "function" ? handler(tool) : (tool as unknown as ToolOfEffect<unknown, unknown>)

/** The options of a program without types that gives none. */
const unusable = {} as RunOptions

/** Adapts an option that is a function; any other value is left to the check of the run. */
const adapted = <F extends (...args: never) => unknown, G>(
  option: F | undefined,
  adapt: (option: F) => G
): G | undefined =>
  // The check of the run refuses what is not a function.
  typeof option === "function" ? adapt(option) : (option as undefined)

/** The options of a run with effects. */
export const toEffectRunOptions = ({ approve, onToolError, tools, ...options }: RunOptions = unusable) => {
  const approving = adapted(
    approve,
    (approve) => (call: ToolCall, tool: ApprovalContext) => attempt(() => approve(call, tool))
  )
  const recovering = adapted(
    onToolError,
    (onToolError) => (error: unknown, call: ToolCall) =>
      attempt(() => onToolError(error instanceof Thrown ? error.reason : error, call))
  )
  return {
    ...options,
    // The check of the run refuses what is not an object.
    tools: Predicate.isReadonlyRecord(tools) ? Record.map(tools, toEffect) : (tools as never),
    ...(approving === undefined ? {} : { approve: approving }),
    ...(recovering === undefined ? {} : { onToolError: recovering })
  }
}

/** The options of a resumed run with effects. */
export const toEffectResumeOptions = ({
  claim,
  decisions,
  settings,
  takeOverAfter,
  ...run
}: ResumeOptions = unusable) => ({
  ...toEffectRunOptions(run),
  claim,
  decisions,
  takeOverAfter,
  settings: settings && branded<Omit<EffectInput, "messages">>(settings)
})

/** Errors of a run as the runner rejects with them: what functions of the caller threw is a defect, which keeps its stack. */
const rejecting = (error: unknown): Effect.Effect<never, JulepError> =>
  // The runner rejects with any error as it is.
  error instanceof Thrown ? Effect.die(error.reason) : Effect.fail(error as JulepError)

/** A run for the runner. */
export const runOf = <A>(run: Effect.Effect<A, unknown, unknown>): Effect.Effect<A, JulepError> =>
  // The tools of promises require no services.
  Effect.catchAll(run as Effect.Effect<A, unknown>, rejecting)

/** A streamed run for the runner. */
export const eventsOf = <A>(events: Stream.Stream<A, unknown, unknown>): Stream.Stream<A, JulepError> =>
  // The tools of promises require no services.
  Stream.catchAll(events as Stream.Stream<A, unknown>, (error) => Stream.fromEffect(rejecting(error)))
