/** Decides on the calls of a reply and runs them. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { type GetError, InvalidRequest } from "../../schema/Errors.js"
import { type Issue, issuesText } from "../../schema/Issue.js"
import type { Approval, RunEvent, ToolResult } from "./Run.js"
import { isApproval, type Settings } from "./settings.js"
import type { PreparedCall } from "./tool.js"
import type { FoundCall, ToolCall } from "./toolCalls.js"
import type { UndeliveredResults } from "./undelivered.js"

/** What a tool, or `onToolError` in its place, returned for a call. */
interface Returned {
  readonly value: unknown
  readonly failed: boolean
}

/** A call with the decision on it, and what answers it. */
export interface Planned<E, R> {
  readonly found: FoundCall
  readonly approval: Approval
  readonly run: Effect.Effect<Returned, E, R>
}

const notJson = (name: string) => {
  const message = `The tool ${JSON.stringify(name)} ran, and its result is not JSON: it has a BigInt or contains itself. Return JSON, or give the tool an output schema.`
  return new InvalidRequest({ message, issues: [{ path: `tools.${name}`, message }] })
}

/**
 * A value as the result of a call: a text as it is, any other as JSON. What is not JSON fails the run, and leaves a result
 * all the same: the tool has run, and must not run again.
 */
const resultOf = (
  { id, name }: ToolCall,
  { failed, value }: Returned
): { readonly result: ToolResult; readonly fault?: InvalidRequest } => {
  try {
    const content = typeof value === "string" ? value : (JSON.stringify(value) ?? "The tool returned nothing.")
    return { result: { id, name, content, failed } }
  } catch {
    const fault = notJson(name)
    return { result: { id, name, content: fault.message, failed: true }, fault }
  }
}

const invalidArguments = (issues: ReadonlyArray<Issue>): string =>
  `The arguments do not fit the tool, so it did not run: ${issuesText(issues)}. Correct them and call it again.`

const noTool = (name: string, why: string) => {
  const path = `tools.${name}`
  const message = `${why}, so no call of its reply ran. Pass the tool in \`tools\`, or its function, and resume.`
  return new InvalidRequest({ message: `${path}: ${message}`, issues: [{ path, message }] })
}

/**
 * What the model reads about a call of a tool that it has made up. A tool that exists, and is not given to this run, is a
 * mistake of the program instead.
 */
const unknown = <E, R>({ stored, tools }: Settings<E, R>, name: string, decided: Approval | undefined) => {
  if (decided === "allow") return noTool(name, "A call of this tool is allowed, and the tool is missing")
  return Effect.flatMap(stored, (names) => {
    if (names.includes(name)) return noTool(name, "The model calls this tool of the agent, and it is missing")
    const own = Object.keys(tools).join(", ")
    return Effect.succeed(`There is no tool "${name}". The tools are: ${own === "" ? "none" : own}.`)
  })
}

/** A call that can run; fails with words that let the model correct it. */
const prepared = <E, R>(
  tool: Settings<E, R>["tools"][string],
  call: ToolCall
): Effect.Effect<PreparedCall<E, R>, string, R> => {
  const { arguments: args } = call
  if (!Predicate.isReadonlyRecord(args))
    return Effect.fail(invalidArguments([{ path: "", message: "Expected a JSON object" }]))
  return typeof tool === "function"
    ? Effect.succeed({ needsApproval: false, run: Effect.suspend(() => tool(args, call)) })
    : Effect.mapError(tool.prepare(call), invalidArguments)
}

const running = <E, R>(
  { onToolError }: Settings<E, R>,
  call: ToolCall,
  run: Effect.Effect<unknown, E, R>
): Effect.Effect<Returned, E, R> => {
  const ran = Effect.map(run, (value) => ({ value, failed: false }))
  const recovered =
    onToolError === undefined
      ? ran
      : Effect.catchAll(ran, (error) => Effect.map(onToolError(error, call), (value) => ({ value, failed: true })))
  const attributes = { "julep.tool": call.name, "julep.tool_call_id": call.id }
  return Effect.withSpan(recovered, "Julep.tool", { attributes })
}

const noApproval = (name: string) => {
  const message = `approve returned neither "allow" nor "suspend" nor { refuse: "why" } nor undefined for a call of the tool ${JSON.stringify(name)}, so nothing ran.`
  return new InvalidRequest({ message, issues: [{ path: "approve", message }] })
}

/** Plans a call by a decision that was made before, by `approve`, or by the tool itself. */
export const plan = <E, R>(
  settings: Settings<E, R>,
  found: FoundCall,
  decided: Approval | undefined
): Effect.Effect<Planned<E, R>, E | InvalidRequest | GetError, R> => {
  const { call } = found
  const saying = (text: string): Planned<E, R> => ({
    found,
    approval: "allow",
    run: Effect.succeed({ value: text, failed: true })
  })
  const tool = Object.hasOwn(settings.tools, call.name) ? settings.tools[call.name] : undefined
  const decision = (needsApproval: boolean): Effect.Effect<Approval, E | InvalidRequest, R> => {
    const byTool = needsApproval || found.suspended ? "suspend" : "allow"
    if (decided !== undefined || settings.approve === undefined) return Effect.succeed(decided ?? byTool)
    return Effect.flatMap(settings.approve(call, { needsApproval }), (approval = byTool) =>
      isApproval(approval) ? Effect.succeed(approval) : noApproval(call.name)
    )
  }
  const refused = (approval: Exclude<Approval, "allow">): Planned<E, R> => {
    const why = approval === "suspend" ? "it waits for a decision" : approval.refuse
    return { ...saying(`The call was refused: ${why}`), approval }
  }
  // A refusal needs no tool, and neither does a call that waits on.
  if (decided !== undefined && decided !== "allow") return Effect.succeed(refused(decided))
  if (tool === undefined && found.suspended && decided === undefined) return Effect.succeed(refused("suspend"))
  if (tool === undefined) return Effect.map(unknown(settings, call.name, decided), saying)
  return Effect.matchEffect(prepared(tool, call), {
    onFailure: (text) => Effect.succeed(saying(text)),
    onSuccess: ({ needsApproval, run }) =>
      Effect.map(decision(needsApproval), (approval) =>
        approval === "allow" ? { found, approval, run: running(settings, call, run) } : refused(approval)
      )
  })
}

/**
 * Runs calls at the same time and puts their results into the map. After a failure no call begins, those that run go on, and
 * then the failure ends the run.
 */
export const runCalls = <E, R>(
  plans: ReadonlyArray<Planned<E, R>>,
  { started, results }: Pick<UndeliveredResults, "started" | "results">,
  round: number,
  { concurrency = "unbounded" }: Settings<E, R>
): Stream.Stream<RunEvent<never>, E | InvalidRequest, R> => {
  let failure: Stream.Stream<never, E | InvalidRequest> | undefined
  const resultEvents = ({ found, run }: Planned<E, R>) =>
    Effect.uninterruptibleMask((restore) => {
      started.add(found)
      return restore(run).pipe(
        Effect.tapError(() => Effect.sync(() => started.delete(found))),
        Effect.map((returned) => resultOf(found.call, returned)),
        Effect.matchCause({
          onFailure: (cause) => {
            failure ??= Stream.failCause(cause)
            return Stream.empty
          },
          onSuccess: ({ fault, result }) => {
            if (fault !== undefined) failure ??= Stream.fail(fault)
            started.delete(found)
            results.set(found, result)
            return Stream.succeed<RunEvent<never>>({ type: "tool_result", round, result })
          }
        })
      )
    })
  const running = Stream.flatMap(
    Stream.fromIterable(plans),
    (planned) =>
      Stream.suspend(() =>
        failure === undefined
          ? Stream.concat(
              Stream.succeed<RunEvent<never>>({ type: "tool_call", round, call: planned.found.call }),
              Stream.unwrap(resultEvents(planned))
            )
          : Stream.empty
      ),
    { concurrency }
  )
  return Stream.concat(
    running,
    Stream.suspend(() => failure ?? Stream.empty)
  )
}
