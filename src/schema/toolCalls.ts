/** Tool calls arrive in pieces; what a piece belongs to is not always said. */
import type { ToolCallDelta } from "./ChatCompletion.js"

/** A call that is still being written. */
export interface PartialCall {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string
  readonly arguments: string
}

/** The call a piece belongs to: the one with its index, else with its id; a piece with neither adds to the last. */
export const addCall = (calls: ReadonlyArray<PartialCall>, delta: ToolCallDelta): ReadonlyArray<PartialCall> => {
  // Some endpoints repeat the id as an empty text.
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

/** The calls as they are when the stream has ended. */
export const wholeCalls = (calls: ReadonlyArray<PartialCall>) =>
  calls.map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: "function",
    function: { name: call.name, arguments: call.arguments }
  }))
