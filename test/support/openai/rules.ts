/** What OpenAI refuses in a request. */
import { type Fault, invalid } from "./faults.js"

type Members = Readonly<Record<string, unknown>>

/** The members of a value; none if it is not an object. */
export const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}

/** The items of a value; none if it is not a list. */
export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const sampling =
  "model frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream stream_options temperature " +
  "top_p user"

/** The members that each operation knows. */
const known: Readonly<Record<string, ReadonlySet<string>>> = {
  "/chat/completions": new Set(
    `${sampling} messages audio function_call functions max_completion_tokens metadata modalities parallel_tool_calls
     prediction prompt_cache_key reasoning_effort response_format safety_identifier service_tier store tool_choice tools
     top_logprobs verbosity web_search_options`.split(/\s+/)
  ),
  "/completions": new Set(`${sampling} prompt best_of echo suffix`.split(/\s+/)),
  "/embeddings": new Set(["model", "input", "encoding_format", "dimensions", "user"]),
  "/responses": new Set(
    `model input background include instructions max_output_tokens max_tool_calls metadata parallel_tool_calls
     previous_response_id prompt_cache_key reasoning safety_identifier service_tier store stream stream_options temperature
     text tool_choice tools top_logprobs top_p truncation user`.split(/\s+/)
  )
}

/** The types of parts that the messages of a role may have. */
const parts: Readonly<Record<string, ReadonlyArray<string>>> = {
  developer: ["text"],
  system: ["text"],
  user: ["text", "image_url", "input_audio", "file"],
  assistant: ["text", "refusal"],
  tool: ["text"],
  function: []
}

const contentFault = (message: Members, at: string): Fault | undefined => {
  const { content, role } = message
  if (typeof content === "string") return undefined
  if (content == null) {
    const standsAlone = ["tool_calls", "function_call", "refusal", "audio"].some((name) => message[name] != null)
    return role === "assistant" && standsAlone
      ? undefined
      : invalid(`Invalid value for 'content': expected a string, got null.`, `${at}.content`)
  }
  if (!Array.isArray(content) || content.length === 0) {
    return invalid(`Invalid type for '${at}.content': expected a string or a list of parts.`, `${at}.content`)
  }
  const wrong = content.findIndex((part) => !parts[String(role)]?.includes(String(membersOf(part)["type"])))
  return wrong < 0
    ? undefined
    : invalid(`Invalid value: '${String(membersOf(content[wrong])["type"])}'.`, `${at}.content[${wrong}].type`)
}

const callFault = (call: unknown, at: string): Fault | undefined => {
  const { custom, function: called, id, type } = membersOf(call)
  if (typeof id !== "string") return invalid(`Missing required parameter: '${at}.id'.`, `${at}.id`)
  const given = type === "function" ? membersOf(called) : type === "custom" ? membersOf(custom) : {}
  const text = type === "function" ? given["arguments"] : given["input"]
  return typeof given["name"] === "string" && typeof text === "string"
    ? undefined
    : invalid(`Invalid value for '${at}'.`, at)
}

const messageFault = (message: Members, at: string): Fault | undefined => {
  const { name, role } = message
  if (!Object.hasOwn(parts, String(role))) {
    const roles = Object.keys(parts).map((each) => `'${each}'`)
    return invalid(`Invalid value: '${String(role)}'. Supported values are: ${roles}.`, `${at}.role`, "invalid_value")
  }
  if (name !== undefined && !/^[^\s<|\\/>]{1,64}$/.test(String(name))) {
    return invalid(`Invalid '${at}.name': string does not match pattern.`, `${at}.name`, "invalid_value")
  }
  if (role === "function" && typeof name !== "string") {
    return invalid(`Missing parameter 'name': messages with role 'function' must have a 'name'.`, `${at}.name`)
  }
  const calls = listOf(message["tool_calls"])
  if (message["tool_calls"] !== undefined && calls.length === 0) {
    return invalid(`Invalid '${at}.tool_calls': empty array.`, `${at}.tool_calls`, "empty_array")
  }
  for (const [index, call] of calls.entries()) {
    const fault = callFault(call, `${at}.tool_calls[${index}]`)
    if (fault !== undefined) return fault
  }
  return contentFault(message, at)
}

/** Each call must be followed by its result, and each result must be of a call. */
const orderFault = (messages: ReadonlyArray<Members>): Fault | undefined => {
  let open = new Set<unknown>()
  let called = false
  for (const [index, message] of messages.entries()) {
    const { role } = message
    if (role === "tool") {
      if (!open.delete(message["tool_call_id"])) {
        return invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`
        )
      }
      continue
    }
    if (open.size > 0) break
    if (role === "function" && !called) {
      return invalid("Messages with role 'function' must follow a 'function_call'.", `messages.[${index}].role`)
    }
    called = message["function_call"] != null
    open = new Set(listOf(message["tool_calls"]).map((call) => membersOf(call)["id"]))
  }
  return open.size === 0
    ? undefined
    : invalid(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
          `The following tool_call_ids did not have response messages: ${[...open].join(", ")}`,
        "messages"
      )
}

const toolFault = (tool: unknown, index: number): Fault | undefined => {
  const { type, ...rest } = membersOf(tool)
  const { name } = membersOf(rest[String(type)])
  if (type !== "function" && type !== "custom") {
    return invalid(`Invalid value: '${String(type)}'.`, `tools[${index}].type`, "invalid_value")
  }
  return /^[a-zA-Z0-9_-]{1,64}$/.test(String(name))
    ? undefined
    : invalid(`Invalid 'tools[${index}].${type}.name': string does not match pattern.`, `tools[${index}].${type}.name`)
}

const chosenName = (choice: unknown) => {
  const members = membersOf(choice)
  return membersOf(members[String(members["type"])])["name"]
}

const chatFault = (body: Members): Fault | undefined => {
  const messages = listOf(body["messages"]).map(membersOf)
  if (messages.length === 0) return invalid("Invalid 'messages': empty array.", "messages", "empty_array")
  for (const [index, message] of messages.entries()) {
    const fault = messageFault(message, `messages[${index}]`)
    if (fault !== undefined) return fault
  }
  const tools = listOf(body["tools"])
  for (const [index, tool] of tools.entries()) {
    const fault = toolFault(tool, index)
    if (fault !== undefined) return fault
  }
  const { response_format, tool_choice } = body
  if (tool_choice != null && tools.length === 0) {
    return invalid("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")
  }
  const chosen = chosenName(tool_choice)
  if (chosen !== undefined && !tools.some((tool) => chosenName(tool) === chosen)) {
    return invalid(`Tool choice '${String(chosen)}' not found in 'tools' parameter.`, "tool_choice")
  }
  const format = membersOf(response_format)
  if (format["type"] === "json_object" && !/json/i.test(JSON.stringify(messages))) {
    return invalid("'messages' must contain the word 'json' in some form to use this 'response_format'.", "messages")
  }
  if (format["type"] === "json_schema" && typeof membersOf(format["json_schema"])["name"] !== "string") {
    return invalid(
      "Missing required parameter: 'response_format.json_schema.name'.",
      "response_format.json_schema.name"
    )
  }
  return orderFault(messages)
}

/** Each member that must be a number, with its range. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [0, 2],
  top_p: [0, 1],
  n: [1, 128],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2]
}

/** Why OpenAI refuses a request, if it does. A model with a slash in its name is a vendor's, and takes unknown members. */
export const faultOf = (path: string, body: Members): Fault | undefined => {
  const { model, stream, stream_options } = body
  if (typeof model !== "string" || model === "") return invalid("you must provide a model parameter")
  const unknown = Object.keys(body).find((name) => known[path]?.has(name) === false)
  if (unknown !== undefined && !model.includes("/")) {
    return invalid(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter")
  }
  for (const [name, [low, high]] of Object.entries(ranges)) {
    const value = body[name]
    if (value != null && !(typeof value === "number" && value >= low && value <= high)) {
      return invalid(`Invalid '${name}': expected a number from ${low} to ${high}.`, name, "invalid_value")
    }
  }
  if (stream_options != null && stream !== true) {
    return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
  }
  return path === "/chat/completions" ? chatFault(body) : undefined
}
