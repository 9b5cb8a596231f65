/**
 * Puts streamed tool calls together. Their deltas do not always say which call they continue: calls may share an index or
 * have none, and ids may be missing, repeated, empty, or different in each delta.
 */
import * as Predicate from "effect/Predicate"
import type { ToolCallDelta } from "./ChatCompletion.js"
import { addExtras, extrasOf } from "./extras.js"
import type { JsonObject } from "./Field.js"

/** A call that is still arriving. */
export interface PartialCall {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string
  readonly arguments: string
  /** Members that the provider added, in the shape of the wire. */
  readonly extra: JsonObject | undefined
}

const callMembers = new Set(["index", "id", "type", "function"])
const functionMembers = new Set(["name", "arguments"])

/** The members that a provider added to a call or to its function, in the shape of the wire. */
export const callExtras = (call: JsonObject): JsonObject | undefined => {
  const own = extrasOf(call, callMembers)
  const func = call["function"]
  const inner = Predicate.isRecord(func) ? extrasOf(func, functionMembers) : undefined
  return inner === undefined ? own : { ...own, function: inner }
}

/** The call that a delta begins. */
export const beginCall = (delta: ToolCallDelta): PartialCall => ({
  index: delta.index ?? undefined,
  // Some endpoints send an empty id with every delta but the first.
  id: delta.id || undefined,
  name: delta.function?.name ?? "",
  arguments: delta.function?.arguments ?? "",
  extra: callExtras(delta)
})

/** Whether arguments are a whole JSON object, so that no delta continues them. */
const isWhole = (args: string): boolean => {
  if (!args.trimEnd().endsWith("}")) return false
  try {
    JSON.parse(args)
    return true
  } catch {
    return false
  }
}

/** Whether a delta continues a call that has the same index, or that is the last one where the delta has none. */
const continues = (call: PartialCall, delta: PartialCall): boolean => {
  const otherId = call.id !== undefined && delta.id !== undefined && call.id !== delta.id
  if (delta.name === "") return !otherId || !isWhole(call.arguments)
  if (call.name === "") return !otherId
  if (call.name === delta.name) {
    // A name that repeats is the same call until its arguments are whole, or another object begins under another id.
    const begun = call.arguments !== "" && !delta.arguments.trimStart().startsWith("{")
    return otherId ? begun && !isWhole(call.arguments) : delta.arguments === "" || !isWhole(call.arguments)
  }
  // A further piece of a name comes before the arguments.
  return !otherId && delta.index !== undefined && call.arguments === ""
}

/** The position of the call that a delta continues; -1 if it begins one. */
const positionOf = (calls: ReadonlyArray<PartialCall>, delta: PartialCall): number => {
  const { id, index } = delta
  const sameId = (call: PartialCall) => id !== undefined && call.id === id
  const sameIndex = (call: PartialCall) => index !== undefined && call.index === index
  const both = calls.findLastIndex((call) => sameIndex(call) && sameId(call))
  const byIndex = both === -1 ? calls.findLastIndex(sameIndex) : both
  // Some servers give all calls one id; their indexes then distinguish them.
  const byId = index === undefined || delta.name === "" ? calls.findLastIndex(sameId) : -1
  const last = index === undefined ? calls.length - 1 : -1
  const at = [byIndex, byId, last].find((position) => position !== -1) ?? -1
  const call = calls[at]
  return call !== undefined && continues(call, delta) ? at : -1
}

/** Adds a delta to the call that it continues; else it begins one. */
export const addCall = (calls: ReadonlyArray<PartialCall>, delta: ToolCallDelta): ReadonlyArray<PartialCall> => {
  const next = beginCall(delta)
  const at = positionOf(calls, next)
  const known = calls[at]
  if (known === undefined) return [...calls, next]
  // A name that repeats is one name, also where a later delta has more of it.
  const name = next.name.startsWith(known.name) ? next.name : known.name + next.name
  return calls.with(at, {
    index: known.index ?? next.index,
    id: known.id ?? next.id,
    name: next.name === "" ? known.name : name,
    arguments: known.arguments + next.arguments,
    extra: addExtras(known.extra, next.extra)
  })
}

/** Arguments as JSON text. Some servers write nothing for a call without arguments, or an empty object before the rest. */
const wholeArguments = (args: string): string => {
  if (args.trim() === "" || args.trim() === "null") return "{}"
  const rest = args.replace(/^\s*\{\s*\}/, "")
  return rest.trim() !== "" && isWhole(rest) ? rest : args
}

/** The complete calls, once the stream has ended. Each has an id of its own; a call without a name cannot be made. */
export const wholeCalls = (calls: ReadonlyArray<PartialCall>) => {
  const taken = new Set<string>()
  const idOf = (id: string | undefined, index: number): string => {
    if (id !== undefined && !taken.has(id)) return id
    const numbered = `${id ?? "call"}_${index}`
    return taken.has(numbered) ? idOf(numbered, index) : numbered
  }
  return calls
    .filter(({ name }) => name !== "")
    .map(({ arguments: args, extra, id: given, name }, index) => {
      const id = idOf(given, index)
      taken.add(id)
      const beside = extra?.["function"]
      return {
        ...extra,
        id,
        type: "function",
        function: { ...(Predicate.isRecord(beside) ? beside : {}), name, arguments: wholeArguments(args) }
      }
    })
}
