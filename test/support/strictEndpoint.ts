/** Rejects every request that some endpoint with OpenAI's format is known to reject. */
import type { ModelRequest } from "../../src/engine/ports/Model.js"
import * as OpenAi from "../../src/engine/ports/OpenAi.js"
import type { CompletionMessage } from "../../src/schema/ChatCompletion.js"

const isFilled = (content: unknown): boolean =>
  typeof content === "string"
    ? content.trim() !== ""
    : Array.isArray(content) &&
      content.length > 0 &&
      content.every((part) => part.type !== "text" || isFilled(part.text))

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** The calls of a message, in the form that they have on the wire. */
const callsOf = (message: CompletionMessage) =>
  (message.tool_calls ?? []).flatMap(({ function: called, id }) =>
    typeof called === "object" && called !== null ? [{ id: id ?? "", ...called }] : []
  )

/** Why a strict endpoint rejects a request; empty if it takes it. */
export const strictFaults = (request: ModelRequest): ReadonlyArray<string> => {
  const messages = request.messages.map(OpenAi.messageOf)
  const faults: Array<string> = []
  const check = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault)
  }
  check(
    JSON.stringify(messages).isWellFormed() && !/\\ud[89a-f][0-9a-f]{2}/.test(JSON.stringify(messages)),
    "half a character"
  )
  check(messages[0]?.role === "system", "no system message first")
  check(messages[1]?.role === "user", "the conversation does not begin with the user")
  check(["user", "tool"].includes(messages.at(-1)?.role ?? ""), "the last message is the assistant's")
  let open: ReadonlyArray<string> = []
  const ids = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const { content, role } = message
    const before = messages[index - 1]?.role
    const calls = callsOf(message)
    check(!("name" in message), `a name at ${index}`)
    check(isFilled(content) || (calls.length > 0 && content === null), `empty content at ${index}`)
    check(role === "user" || !Array.isArray(content), `parts at ${index}`)
    if (role === "tool") {
      check(open[0] === message.tool_call_id, `the result at ${index} is not of the next call`)
      open = open.slice(1)
      continue
    }
    check(open.length === 0, `no result of ${open.join(", ")} before ${index}`)
    check(role !== "system" || index === 0, `a system message at ${index}`)
    check(role !== "user" || before === "system" || before === "assistant", `a user after ${before} at ${index}`)
    check(role !== "assistant" || before === "user" || before === "tool", `an assistant after ${before} at ${index}`)
    check(["system", "user", "assistant"].includes(role), `the role ${role} at ${index}`)
    for (const { arguments: args, id, name } of calls) {
      check(/^[a-zA-Z0-9]{9}$/.test(id), `the id ${id}`)
      check(!ids.has(id), `the id ${id} twice`)
      check(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name), `the tool ${name}`)
      check(isJsonObject(args), `the arguments ${args}`)
      ids.add(id)
    }
    open = calls.map(({ id }) => id)
  }
  check(open.length === 0, `no result of ${open.join(", ")}`)
  return faults
}
