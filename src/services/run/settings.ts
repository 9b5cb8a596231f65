/** The options of a run as it uses them, checked: a program without types may give anything. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { type GetError, InvalidRequest } from "../../schema/Errors.js"
import { type Issue, issuesText } from "../../schema/Issue.js"
import type { Approval, ApprovalContext, ToolHandler } from "./Run.js"
import type { AgentTool } from "./tool.js"
import type { ToolCall } from "./toolCalls.js"

/** The options of a run, with one type for all errors and one for all services. */
export interface Settings<E, R> {
  readonly tools: { readonly [name: string]: AgentTool<E, R> | ToolHandler<E, R> }
  readonly maxRounds?: number
  readonly concurrency?: number | "unbounded"
  readonly onToolError?: (error: E, call: ToolCall) => Effect.Effect<unknown, E, R>
  readonly approve?: (call: ToolCall, tool: ApprovalContext) => Effect.Effect<Approval | undefined, E, R>
  /** The names of the tools that the model has without those of the run. */
  readonly stored: Effect.Effect<ReadonlyArray<string>, GetError>
}

/** Whether a value is a decision. Nothing else ever runs a call. */
export const isApproval = (value: unknown): value is Approval =>
  value === "allow" || value === "suspend" || (Predicate.isReadonlyRecord(value) && typeof value["refuse"] === "string")

const isCount = (value: unknown): boolean => typeof value === "number" && Number.isInteger(value) && value >= 1

const isTool = (value: unknown): boolean =>
  typeof value === "function" ||
  (Predicate.isReadonlyRecord(value) && typeof value["prepare"] === "function" && Effect.isEffect(value["parameters"]))

const isDuration = (value: unknown): boolean =>
  !(typeof value === "number" && !(value >= 0)) && Option.isSome(Duration.decodeUnknown(value))

/** An option that may be omitted. */
const unless = (fits: (value: unknown) => boolean, path: string, value: unknown, message: string) =>
  value === undefined || fits(value) ? [] : [{ path, message }]

/** The issues of the members of a record. */
const members = (
  fits: (value: unknown) => boolean,
  path: string,
  value: unknown,
  messages: { readonly record: string; readonly member: string }
): ReadonlyArray<Issue> =>
  Predicate.isReadonlyRecord(value)
    ? Object.entries(value).flatMap(([key, member]) =>
        fits(member) ? [] : [{ path: `${path}.${key}`, message: messages.member }]
      )
    : [{ path, message: messages.record }]

const whole = "Expected a whole number of at least 1"

const issuesOf = (options: { readonly [name: string]: unknown }): ReadonlyArray<Issue> => [
  ...members(isTool, "tools", options["tools"], {
    record: "Expected an object of tools by their names",
    member: "Expected a tool, which `tool({ execute })` makes, or a function that runs a tool of the agent"
  }),
  ...unless(isCount, "maxRounds", options["maxRounds"], whole),
  ...unless(
    (value) => value === "unbounded" || isCount(value),
    "concurrency",
    options["concurrency"],
    `${whole}, or "unbounded"`
  ),
  ...unless(Predicate.isFunction, "approve", options["approve"], "Expected a function"),
  ...unless(Predicate.isFunction, "onToolError", options["onToolError"], "Expected a function"),
  ...members(isApproval, "decisions", options["decisions"] ?? {}, {
    record: "Expected an object of decisions by message_id",
    member: 'Expected "allow", "suspend" or { refuse: "why" }'
  }),
  ...unless(
    isDuration,
    "takeOverAfter",
    options["takeOverAfter"],
    'Expected a duration, such as "10 minutes", or milliseconds from 0'
  ),
  ...unless(
    (settings) => !Predicate.isReadonlyRecord(settings) || settings["record"] !== false,
    "settings",
    options["settings"],
    "record: false would lose the results"
  )
]

const named = (name: string, { issues, message }: InvalidRequest) => {
  const path = `tools.${name}`
  return new InvalidRequest({ message: `${path}: ${message}`, issues: [{ path, message: issuesText(issues) }] })
}

/** The options of a run. The record of the tools determines their types. */
export const settingsOf = <E, R>(
  options: unknown,
  stored: Settings<E, R>["stored"]
): Effect.Effect<Settings<E, R>, InvalidRequest> => {
  const issues = issuesOf(Predicate.isReadonlyRecord(options) ? options : {})
  if (issues.length > 0)
    return Effect.fail(new InvalidRequest({ message: `The run was not started: ${issuesText(issues)}.`, issues }))
  // No issue: the options are of their types, and their tools determine `E` and `R`.
  const settings = { ...(options as Settings<E, R>), stored }
  const checks = Effect.forEach(
    Object.entries(settings.tools),
    ([name, tool]) =>
      typeof tool === "function" ? Effect.void : Effect.mapError(tool.parameters, (error) => named(name, error)),
    { discard: true }
  )
  return Effect.as(checks, settings)
}
