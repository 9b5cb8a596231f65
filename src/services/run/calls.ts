/** Decides on the calls of a reply and runs them. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { type Issue, issuesText } from "../../schema/Issue.js"
import type { Approval, RunEvent, ToolHandler, ToolResult } from "./Run.js"
import type { AgentTool, PreparedCall } from "./tool.js"
import type { FoundCall, ToolCall } from "./toolCalls.js"

/** The options of a run, with one type for all errors and one for all services. */
export interface Settings<E, R> {
  readonly tools: { readonly [name: string]: AgentTool<E, R> | ToolHandler<E, R> }
  readonly maxRounds?: number
  readonly concurrency?: number | "unbounded"
  readonly onToolError?: (error: E, call: ToolCall) => Effect.Effect<unknown, E, R>
  readonly approve?: (call: ToolCall) => Effect.Effect<Approval, E, R>
}

/** A call with the decision on it, and what answers it. */
export interface Planned<E, R> {
  readonly found: FoundCall
  readonly approval: Approval
  readonly run: Effect.Effect<ToolResult, E, R>
}

const resultOf = ({ id, name }: ToolCall, value: unknown, failed: boolean): ToolResult => ({
  id,
  name,
  content: typeof value === "string" ? value : (JSON.stringify(value) ?? "The tool returned nothing."),
  failed
})

const misfit = (issues: ReadonlyArray<Issue>): string =>
  `The arguments do not fit the tool, so it did not run: ${issuesText(issues)}. Correct them and call it again.`

/** A call that can run; fails with words that let the model correct it. */
const prepared = <E, R>({ tools }: Settings<E, R>, call: ToolCall): Effect.Effect<PreparedCall<E, R>, string, R> => {
  const tool = Object.hasOwn(tools, call.name) ? tools[call.name] : undefined
  if (tool === undefined) {
    const names = Object.keys(tools).join(", ")
    return Effect.fail(`There is no tool "${call.name}". The tools are: ${names === "" ? "none" : names}.`)
  }
  const { arguments: args } = call
  if (!Predicate.isReadonlyRecord(args)) return Effect.fail(misfit([{ path: "", message: "Expected a JSON object" }]))
  return typeof tool === "function"
    ? Effect.succeed({ needsApproval: false, run: Effect.suspend(() => tool(args, call)) })
    : Effect.mapError(tool.prepare(call), misfit)
}

const running = <E, R>(
  { onToolError }: Settings<E, R>,
  call: ToolCall,
  run: Effect.Effect<unknown, E, R>
): Effect.Effect<ToolResult, E, R> => {
  const done = Effect.map(run, (value) => resultOf(call, value, false))
  const recovered =
    onToolError === undefined
      ? done
      : Effect.catchAll(done, (error) => Effect.map(onToolError(error, call), (value) => resultOf(call, value, true)))
  const attributes = { "julep.tool": call.name, "julep.tool_call_id": call.id }
  return Effect.withSpan(recovered, "Julep.tool", { attributes })
}

/** Plans a call by a decision that was made before, by `approve`, or by the tool itself. */
export const plan = <E, R>(
  settings: Settings<E, R>,
  found: FoundCall,
  decided: Approval | undefined
): Effect.Effect<Planned<E, R>, E, R> => {
  const { call } = found
  const answered = (text: string) => Effect.succeed(resultOf(call, text, true))
  const decision = (needsApproval: boolean): Effect.Effect<Approval, E, R> => {
    if (decided !== undefined) return Effect.succeed(decided)
    return settings.approve?.(call) ?? Effect.succeed(needsApproval ? "suspend" : "allow")
  }
  return Effect.matchEffect(prepared(settings, call), {
    onFailure: (text) => Effect.succeed<Planned<E, R>>({ found, approval: "allow", run: answered(text) }),
    onSuccess: ({ needsApproval, run }) =>
      Effect.map(decision(needsApproval), (approval) => ({
        found,
        approval,
        run:
          typeof approval === "object"
            ? answered(`The call was refused: ${approval.refuse}`)
            : running(settings, call, run)
      }))
  })
}

/** Runs calls at the same time and puts their results into the map. A call that fails interrupts the others. */
export const runCalls = <E, R>(
  plans: ReadonlyArray<Planned<E, R>>,
  results: Map<FoundCall, ToolResult>,
  round: number,
  { concurrency = "unbounded" }: Settings<E, R>
) =>
  Stream.flatMap(
    Stream.fromIterable(plans),
    ({ found, run }) =>
      Stream.concat(
        Stream.succeed<RunEvent<never>>({ type: "tool_call", round, call: found.call }),
        Stream.map(Stream.fromEffect(run), (result): RunEvent<never> => {
          results.set(found, result)
          return { type: "tool_result", round, result }
        })
      ),
    { concurrency }
  )
