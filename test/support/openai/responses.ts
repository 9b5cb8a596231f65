/** What the fake endpoint answers to `/responses`, whole and as events. */
import { CREATED } from "./chat.js"
import { listOf, membersOf } from "./rules.js"
import { fragments, idOf, sampleOf, words } from "./sample.js"

type Members = Readonly<Record<string, unknown>>

/** The text of the last item of an input. */
const lastText = (input: unknown): string => {
  if (typeof input === "string") return input
  const { content, output } = membersOf(listOf(input).at(-1))
  if (typeof output === "string") return output
  if (typeof content === "string") return content
  return listOf(content)
    .map((part) => String(membersOf(part)["text"] ?? `[${String(membersOf(part)["type"])}]`))
    .join(" ")
}

const partOf = (request: Members): Members => {
  const said = lastText(request["input"])
  const { schema, type } = membersOf(membersOf(request["text"])["format"])
  if (request["model"] === "refuse") return { type: "refusal", refusal: "I cannot help with that." }
  const text =
    type === "json_schema"
      ? JSON.stringify(sampleOf(schema))
      : type === "json_object"
        ? JSON.stringify({ said })
        : `You said: ${said}`
  return { type: "output_text", text, annotations: [], logprobs: [] }
}

const outputOf = (request: Members): ReadonlyArray<Members> => {
  const { input, model, reasoning, tool_choice, tools } = request
  const summary = [{ type: "summary_text", text: "Let me see. Yes." }]
  const thought = reasoning == null ? [] : [{ id: idOf("rs_", input), type: "reasoning", summary }]
  const returned = membersOf(listOf(input).at(-1))["type"] === "function_call_output"
  const named = membersOf(tool_choice)["name"]
  const tool = listOf(tools)
    .map(membersOf)
    .find(({ name, type }) => type === "function" && (named === undefined || named === name))
  if (tool !== undefined && tool_choice !== "none" && !returned) {
    const call = { type: "function_call", status: "completed", name: tool["name"] }
    const args = JSON.stringify(sampleOf(tool["parameters"]))
    return [...thought, { id: idOf("fc_", input, model), call_id: idOf("call_", input), arguments: args, ...call }]
  }
  const message = { type: "message", status: "completed", role: "assistant", content: [partOf(request)] }
  return [...thought, { id: idOf("msg_", input, model), ...message }]
}

/** The whole response. */
export const responseOf = (request: Members): Members => {
  const output = outputOf(request)
  const input_tokens = words(JSON.stringify(request["input"])).length
  const output_tokens = words(JSON.stringify(output)).length
  const cut = request["model"] === "length"
  return {
    id: idOf("resp_", request),
    object: "response",
    created_at: CREATED,
    status: cut ? "incomplete" : "completed",
    background: false,
    error: null,
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    instructions: request["instructions"] ?? null,
    max_output_tokens: request["max_output_tokens"] ?? null,
    model: request["model"],
    output,
    parallel_tool_calls: request["parallel_tool_calls"] ?? true,
    previous_response_id: request["previous_response_id"] ?? null,
    reasoning: { effort: null, summary: null, ...membersOf(request["reasoning"]) },
    service_tier: request["service_tier"] ?? "default",
    store: request["store"] ?? true,
    temperature: request["temperature"] ?? 1,
    text: request["text"] ?? { format: { type: "text" } },
    tool_choice: request["tool_choice"] ?? "auto",
    tools: request["tools"] ?? [],
    top_p: request["top_p"] ?? 1,
    truncation: "disabled",
    metadata: request["metadata"] ?? {},
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: input_tokens + output_tokens
    }
  }
}

/** The events of one part of a message. */
function* partEvents(at: Members, part: Members): Generator<Members> {
  const text = part["text"] ?? part["refusal"]
  const kind = part["type"] === "refusal" ? "refusal" : "output_text"
  const empty = kind === "refusal" ? { ...part, refusal: "" } : { ...part, text: "" }
  const more = kind === "refusal" ? {} : { logprobs: [] }
  yield { type: "response.content_part.added", ...at, part: empty }
  for (const delta of words(String(text))) yield { type: `response.${kind}.delta`, ...at, delta, ...more }
  yield { type: `response.${kind}.done`, ...at, [kind === "refusal" ? "refusal" : "text"]: text, ...more }
  yield { type: "response.content_part.done", ...at, part }
}

function* itemEvents(item: Members, output_index: number): Generator<Members> {
  const at = { output_index, item_id: item["id"] }
  if (item["type"] === "message") {
    const empty = { ...item, status: "in_progress", content: [] }
    yield { type: "response.output_item.added", output_index, item: empty }
    for (const [content_index, part] of listOf(item["content"]).entries()) {
      yield* partEvents({ ...at, content_index }, membersOf(part))
    }
  } else if (item["type"] === "function_call") {
    const text = String(item["arguments"])
    const empty = { ...item, status: "in_progress", arguments: "" }
    yield { type: "response.output_item.added", output_index, item: empty }
    for (const delta of fragments(text)) yield { type: "response.function_call_arguments.delta", ...at, delta }
    yield { type: "response.function_call_arguments.done", ...at, name: item["name"], arguments: text }
  } else {
    yield { type: "response.output_item.added", output_index, item: { ...item, summary: [] } }
    for (const [summary_index, part] of listOf(item["summary"]).entries()) {
      const text = String(membersOf(part)["text"])
      const of = { ...at, summary_index }
      yield { type: "response.reasoning_summary_part.added", ...of, part: { type: "summary_text", text: "" } }
      for (const delta of words(text)) yield { type: "response.reasoning_summary_text.delta", ...of, delta }
      yield { type: "response.reasoning_summary_text.done", ...of, text }
      yield { type: "response.reasoning_summary_part.done", ...of, part }
    }
  }
  yield { type: "response.output_item.done", output_index, item }
}

/** The same response as events, each with its name and number. */
export function* responseEventsOf(request: Members): Generator<Members> {
  const whole = responseOf(request)
  const begun = { ...whole, status: "in_progress", incomplete_details: null, output: [], usage: null }
  let sequence_number = 0
  const numbered = (event: Members): Members => ({ ...event, sequence_number: sequence_number++ })
  yield numbered({ type: "response.created", response: begun })
  yield numbered({ type: "response.in_progress", response: begun })
  for (const [index, item] of listOf(whole["output"]).entries()) {
    for (const event of itemEvents(membersOf(item), index)) yield numbered(event)
  }
  yield numbered({ type: `response.${String(whole["status"])}`, response: whole })
}
