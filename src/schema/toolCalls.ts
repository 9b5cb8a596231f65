/** Puts streamed tool calls together: they arrive in deltas, which do not always name the call they continue. */
import type { ToolCallDelta } from "./ChatCompletion.js"

/** A call that is still arriving. */
export interface PartialCall {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string
  readonly arguments: string
}

/** Adds a delta to the call with its index, else to the one with its id. A delta with neither continues the last call. */
export const addCall = (calls: ReadonlyArray<PartialCall>, delta: ToolCallDelta): ReadonlyArray<PartialCall> => {
  // Some endpoints repeat the id as an empty string.
  const id = delta.id || undefined
  const index = delta.index ?? undefined
  const name = delta.function?.name ?? ""
  const args = delta.function?.arguments ?? ""
  const at = calls.findLastIndex(
    (call, position) =>
      (index !== undefined && call.index === index && (id === undefined || call.id === undefined || call.id === id)) ||
      (index === undefined && id !== undefined && call.id === id) ||
      (index === undefined && id === undefined && position === calls.length - 1 && name === "")
  )
  const known = calls[at]
  if (known === undefined) return [...calls, { index, id, name, arguments: args }]
  const grown = { ...known, id: known.id ?? id, name: known.name + name, arguments: known.arguments + args }
  return calls.with(at, grown)
}

/** The complete calls, once the stream has ended. */
export const wholeCalls = (calls: ReadonlyArray<PartialCall>) =>
  calls.map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: "function",
    function: { name: call.name, arguments: call.arguments }
  }))
