/** What a run of an agent with tools takes and gives. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { ChatResponse, ChatStreamEvent, CompletionUsage } from "../../schema/Chat.js"
import type { JsonObject } from "../../schema/Field.js"
import type { AccumulatedChat } from "../accumulate.js"
import type { AgentTool } from "./tool.js"
import type { ToolCall } from "./toolCalls.js"

/** A function that runs the calls of a tool that the agent already has. It gets the arguments as the model wrote them. */
export type ToolHandler<E, R> = (args: JsonObject, call: ToolCall) => Effect.Effect<unknown, E, R>

/** Tools by their names: those made with `tool` are offered to the model in this run, handlers are of the agent's tools. */
export interface ToolSet {
  readonly [name: string]: AgentTool<unknown, unknown> | ToolHandler<unknown, unknown>
}

/** The errors that tools fail with. */
export type ToolError<Tools> = {
  [Name in keyof Tools]: Tools[Name] extends AgentTool<infer E, unknown> | ToolHandler<infer E, unknown> ? E : never
}[keyof Tools]

/** The services that tools require. */
export type ToolServices<Tools> = {
  [Name in keyof Tools]: Tools[Name] extends AgentTool<unknown, infer R> | ToolHandler<unknown, infer R> ? R : never
}[keyof Tools]

/** Whether a call may run: now, never (the model reads why), or after a decision that `resume` brings. */
export type Approval = "allow" | "suspend" | { readonly refuse: string }

/** What `approve` knows about the tool of a call. */
export interface ApprovalContext {
  /** Whether the tool itself asks for an approval of this call, by its own `needsApproval`. */
  readonly needsApproval: boolean
}

/** An effect of a callback, with any errors and services. */
export type AnyEffect<A> = Effect.Effect<A, unknown, unknown>

/** The options of `sessions.run` and `sessions.runStream`. */
export interface RunOptions<
  Tools extends ToolSet,
  Recovered extends AnyEffect<unknown>,
  Approved extends AnyEffect<Approval | undefined>
> {
  /** The tools by their names. */
  readonly tools: Tools
  /** How many replies the model may give, at least 1. Default: 8. */
  readonly maxRounds?: number
  /** How many calls of one reply run at the same time. Default: all. */
  readonly concurrency?: number | "unbounded"
  /** Makes the result that the model gets of an error of a tool. Default: the error fails the run. */
  readonly onToolError?: (error: ToolError<Tools>, call: ToolCall) => Recovered
  /**
   * Decides whether a call may run. If one call of a reply is suspended, none of them runs. With `undefined` the tool
   * decides, as without this option: a call that needs approval is suspended, any other is allowed.
   */
  readonly approve?: (call: ToolCall, tool: ApprovalContext) => Approved
}

type ErrorOf<Effects> = Effects extends Effect.Effect<unknown, infer E, unknown> ? E : never
type ServicesOf<Effects> = Effects extends Effect.Effect<unknown, unknown, infer R> ? R : never

/** What a run fails with beyond `RequestError`: its bound, and errors of its tools that `onToolError` does not answer. */
export type RunError<Tools, Recovered, Approved> =
  | MaxRoundsExceeded
  | ([Recovered] extends [never] ? ToolError<Tools> : ErrorOf<Recovered>)
  | ErrorOf<Approved>

/** The services that a run requires: those of its tools, of `onToolError` and of `approve`. */
export type RunServices<Tools, Recovered, Approved> = ToolServices<Tools> | ServicesOf<Recovered> | ServicesOf<Approved>

/** The result of a call, as it is sent to the model. */
export interface ToolResult {
  /** The id of the call. */
  readonly id: string
  /** The name of the tool. */
  readonly name: string
  /** The text that the model reads: a string as the tool returned it, anything else as JSON. */
  readonly content: string
  /**
   * Whether the call was refused, does not fit a tool, or failed and `onToolError` made the result. `false` for a result that was
   * read from history, which does not say.
   */
  readonly failed: boolean
}

/** One reply of the model, and the results of its calls. */
export interface Round<Reply = ChatResponse> {
  /** The reply of the model. */
  readonly reply: Reply
  /** The results of its calls, in the order of the calls. Empty for a reply without calls. */
  readonly results: ReadonlyArray<ToolResult>
}

interface RunSummary<Reply> {
  /** The text of the last reply. */
  readonly text: string
  /** The replies of the model, in order; only the last one has no results. */
  readonly rounds: ReadonlyArray<Round<Reply>>
  /** The results of the calls that `resume` went on with, refused ones too. Their reply is that of an earlier run. */
  readonly resumed?: ReadonlyArray<ToolResult>
  /** The tokens of all rounds together. */
  readonly usage: CompletionUsage
}

/** A run that ended with a reply without calls. */
export interface CompletedRun<Reply = ChatResponse> extends RunSummary<Reply> {
  /** Tells it from a {@link SuspendedRun}. */
  readonly status: "completed"
  /** The last reply. */
  readonly reply: Reply
}

/** A call that waits for a decision. `message_id`, the id of its message in history, is the key of the decision. */
export interface SuspendedCall extends ToolCall {
  /** The id of the message in history that is this call. */
  readonly message_id: string
  /** The decision that `resume` brought, if it brought one for this call while others still wait. */
  readonly decision?: Approval
}

/** A run that waits for decisions. `calls` are plain JSON; `sessions.resume` goes on, in any process. */
export interface SuspendedRun<Reply = ChatResponse> extends RunSummary<Reply> {
  /** Tells it from a {@link CompletedRun}. */
  readonly status: "suspended"
  /**
   * The calls that wait for a decision, and those that have one already: `resume` needs the decisions on all of them. The
   * other calls of the reply run with them.
   */
  readonly calls: ReadonlyArray<SuspendedCall>
}

/** The outcome of a run. */
export type Run<Reply = ChatResponse> = CompletedRun<Reply> | SuspendedRun<Reply>

/**
 * An event of a streamed run: an event of a reply, a call that starts, its result, and last the outcome. `round` counts the
 * replies from 0.
 */
export type RunEvent<Reply = AccumulatedChat> =
  | (ChatStreamEvent & { readonly type: "reply"; readonly round: number })
  | { readonly type: "tool_call"; readonly round: number; readonly call: ToolCall }
  | { readonly type: "tool_result"; readonly round: number; readonly result: ToolResult }
  | { readonly type: "completed"; readonly run: CompletedRun<Reply> }
  | { readonly type: "suspended"; readonly run: SuspendedRun<Reply> }

/**
 * A run reached `maxRounds`, and the last reply still calls tools. `rounds` is what was done. The last calls did not run;
 * `sessions.resume` goes on with them, and any other chat leaves them without a result.
 */
export class MaxRoundsExceeded extends Data.TaggedError("MaxRoundsExceeded")<{
  readonly message: string
  readonly rounds: ReadonlyArray<Round<ChatResponse | AccumulatedChat>>
  readonly usage: CompletionUsage
  /** The results of the calls that `resume` went on with. */
  readonly resumed?: ReadonlyArray<ToolResult>
  /** The calls that did not run. */
  readonly calls: ReadonlyArray<ToolCall>
}> {}
