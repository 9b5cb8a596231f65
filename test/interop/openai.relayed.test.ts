/** Both majors of the `openai` package: each call through the engine against the same call at the model's endpoint. */
import OpenAI from "openai"
import { zodResponseFormat } from "openai/helpers/zod"
import { VERSION } from "openai/version"
import OpenAI6 from "openai-6"
import { VERSION as VERSION_6 } from "openai-6/version"
import { type Call, compare, type End } from "../support/openai/bothWays.js"
import { failing } from "../support/openai/faults.js"
import { asked, chats, lookup, others, place } from "./calls/openai.js"
import { streamFailures, streams } from "./calls/openaiStreams.js"

/** What the endpoint refuses, by the name of a model or by a rule. */
const failures: Readonly<Record<string, Call<OpenAI>>> = {
  ...Object.fromEntries(
    failing.map((model) => [`error: ${model}`, (client: OpenAI) => client.chat.completions.create({ ...asked, model })])
  ),
  "error: an unknown role": (client) =>
    client.chat.completions.create({ ...asked, messages: [{ role: "narrator" as never, content: "?" }] }),
  "error: null content": (client) =>
    client.chat.completions.create({ ...asked, messages: [{ role: "user", content: null as never }] }),
  "error: no messages": (client) => client.chat.completions.create({ ...asked, messages: [] }),
  "error: a result that answers nothing": (client) =>
    client.chat.completions.create({
      ...asked,
      messages: [...asked.messages, { role: "tool", tool_call_id: "call_1", content: "?" }]
    }),
  "error: a name with a space": (client) =>
    client.chat.completions.create({ ...asked, messages: [{ role: "user", name: "Ann Lee", content: "?" }] }),
  "error: the name of a tool": (client) =>
    client.chat.completions.create({ ...asked, tools: [{ type: "function", function: { name: "a name" } }] }),
  "error: a choice of no tool": (client) =>
    client.chat.completions.create({
      ...asked,
      tools: [lookup],
      tool_choice: { type: "function", function: { name: "other" } }
    }),
  "error: an unknown member": (client) => client.chat.completions.create({ ...asked, ...{ min_p: 0.1 } }),
  "error: a temperature out of range": (client) => client.chat.completions.create({ ...asked, temperature: 3 }),
  "error: an answer that is cut short, as an object": (client) =>
    client.chat.completions.parse({
      ...asked,
      model: "length",
      response_format: zodResponseFormat(place, "place")
    }),
  "error: retries are used up": (client) =>
    client.withOptions({ maxRetries: 2 }).chat.completions.create({ ...asked, model: "fault-429" }),
  "error: completions of an unknown model": (client) => client.completions.create({ model: "fault-404", prompt: "?" }),
  "error: embeddings of an unknown model": (client) => client.embeddings.create({ model: "fault-404", input: "?" }),
  "error: responses of an unknown model": (client) => client.responses.create({ model: "fault-404", input: "?" }),
  "error: models.retrieve of an unknown model": (client) => client.models.retrieve("nothing"),
  ...streamFailures
}

const calls = { succeed: { ...chats, ...others, ...streams }, fail: failures }

compare(`openai ${VERSION}`, (end: End) => new OpenAI({ ...end, maxRetries: 0 }), calls)

compare(
  `openai ${VERSION_6}`,
  // The calls are of methods that both majors have.
  (end: End) => new OpenAI6({ ...end, maxRetries: 0 }) as unknown as OpenAI,
  calls
)
