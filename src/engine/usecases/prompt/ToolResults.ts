/**
 * Results of tools that a caller sends as messages of the assistant. Programs written for v0.3 do so, because its server
 * took no message of role `function`.
 */
import type { EntryRow } from "../../ports/Storage.js"
import { callOf } from "./Calls.js"

const isGiven = ({ from_model, role }: EntryRow): boolean => role === "assistant" && !from_model

/** The messages, in which those of the assistant that a caller sent directly after calls are results, one for each call. */
export const withToolResults = (entries: ReadonlyArray<EntryRow>): ReadonlyArray<EntryRow> => {
  if (!entries.some(isGiven)) return entries
  let open = 0
  let inCalls = false
  return entries.map((entry) => {
    const continues = inCalls
    inCalls = callOf(entry, "") !== undefined
    if (inCalls) open = continues ? open + 1 : 1
    else open = isGiven(entry) ? open - 1 : 0
    return !inCalls && open >= 0 && isGiven(entry) ? { ...entry, role: "function" } : entry
  })
}
