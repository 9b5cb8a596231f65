/** Small streams in the forms of a dozen servers, each with its reply. */
export interface Recording {
  readonly server: string
  readonly body: string
  /** The members of the reply that the server determines. */
  readonly reply: object
}

/** Events of data, one a value. */
const events = (...values: ReadonlyArray<object | string>): string =>
  values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("")

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  id: "c-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
  ...more
})

const call = (index: number | undefined, id: string | null | undefined, func: object, more: object = {}) => ({
  tool_calls: [
    { ...(index === undefined ? {} : { index }), ...(id === undefined ? {} : { id }), function: func, ...more }
  ]
})

const tide = { id: "t1", name: "tide", arguments: '{"port":"Faro"}' }
const wind = { id: "w1", name: "wind", arguments: '{"port":"Lagos"}' }
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

export const recordings: ReadonlyArray<Recording> = [
  {
    server: "OpenAI: two calls, their arguments in pieces, usage in a chunk without choices",
    body: events(
      chunk({ role: "assistant", content: null, refusal: null }),
      chunk(call(0, "t1", { name: "tide", arguments: "" })),
      chunk(call(0, undefined, { arguments: '{"port"' })),
      chunk(call(0, undefined, { arguments: ':"Faro"}' })),
      chunk(call(1, "w1", { name: "wind", arguments: "" })),
      chunk(call(1, undefined, { arguments: '{"port":"Lagos"}' })),
      chunk({}, "tool_calls"),
      { ...chunk({}), choices: [], usage },
      "[DONE]"
    ),
    reply: { content: null, tool_calls: [tide, wind], finish_reason: "tool_calls", usage }
  },
  {
    server: "Azure: the filter's results first, without choices",
    body: events(
      { choices: [], created: 0, id: "", model: "", object: "", prompt_filter_results: [{ prompt_index: 0 }] },
      chunk({ role: "assistant", content: "" }),
      { ...chunk({ content: "Six." }), usage: null },
      chunk({}, "stop"),
      "[DONE]"
    ),
    reply: { content: "Six.", finish_reason: "stop" }
  },
  {
    server: "OpenRouter: comments while it waits, reasoning, and numbers for ids",
    body: `: OPENROUTER PROCESSING\n\n${events(
      { ...chunk({ reasoning: "The t" }), id: 17 },
      {
        ...chunk({
          reasoning: "ide",
          reasoning_details: [{ type: "reasoning.text", index: 0, text: "The tide", format: "v1" }]
        }),
        id: null
      },
      chunk({ reasoning_details: [{ type: "reasoning.text", index: 0, text: "!", signature: "s==" }] }),
      chunk({ content: "Six." })
    )}: OPENROUTER PROCESSING\n\n${events(chunk({ content: "" }, "stop", { usage }), "[DONE]")}`,
    reply: {
      content: "Six.",
      usage,
      extra: {
        reasoning: "The tide",
        reasoning_details: [{ type: "reasoning.text", index: 0, text: "The tide!", format: "v1", signature: "s==" }]
      }
    }
  },
  {
    server: "vLLM: the name in every delta, the finish reason with the last piece, `choices: null` for usage",
    body: events(
      chunk(call(0, "t1", { name: "tide", arguments: "" })),
      chunk(call(0, "t1", { name: "tide", arguments: '{"port":' })),
      chunk(call(0, "t1", { name: "tide", arguments: '"Faro"}' }), "tool_calls"),
      { ...chunk({}), choices: null, usage: { prompt_tokens: 7, completion_tokens: null, total_tokens: 10 } },
      "[DONE]"
    ),
    reply: { tool_calls: [tide], usage: { prompt_tokens: 7, total_tokens: 10 } }
  },
  {
    server: "Ollama: whole calls that share an index, and finish reason stop",
    body: events(
      chunk({ content: "", ...call(0, "t1", { name: "tide", arguments: '{"port":"Faro"}' }) }),
      chunk({ content: "", ...call(0, "w1", { name: "wind", arguments: '{"port":"Lagos"}' }) }),
      chunk({ content: "" }, "stop"),
      "[DONE]"
    ),
    reply: { content: null, tool_calls: [tide, wind], finish_reason: "stop" }
  },
  {
    server: "llama.cpp: calls in turns, with empty ids after the first",
    body: events(
      chunk(call(0, "t1", { name: "tide", arguments: '{"port":' })),
      chunk(call(1, "w1", { name: "wind", arguments: '{"port":' })),
      chunk(call(0, "", { name: null, arguments: '"Faro"}' })),
      chunk(call(1, "", { name: null, arguments: '"Lagos"}' })),
      chunk({}, "tool_calls")
    ),
    reply: { tool_calls: [tide, wind] }
  },
  {
    server: "Gemini: calls without index, with a signature beside each, and no [DONE]",
    body: events(
      chunk(
        call(
          undefined,
          "t1",
          { name: "tide", arguments: '{"port":"Faro"}' },
          {
            extra_content: { google: { thought_signature: "A==" } }
          }
        )
      ),
      chunk(call(undefined, "w1", { name: "wind", arguments: '{"port":"Lagos"}' }), "stop")
    ),
    reply: { tool_calls: [{ ...tide, extra: { extra_content: { google: { thought_signature: "A==" } } } }, wind] }
  },
  {
    server: "Groq: usage under a name of its own",
    body: events(chunk({ content: "Six." }), { ...chunk({}, "stop"), x_groq: { id: "r", usage } }, "[DONE]"),
    reply: { content: "Six.", usage }
  },
  {
    server: "Moonshot: usage in the choice",
    body: events(
      chunk({ content: "Six." }),
      { ...chunk({}), choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] },
      "[DONE]"
    ),
    reply: { content: "Six.", usage }
  },
  {
    server: "Mistral: content in parts, the thoughts among them",
    body: events(
      chunk({ role: "assistant", content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
      chunk({ content: [{ type: "text", text: "Si" }] }),
      chunk({ content: "x." }, "stop", { usage }),
      "[DONE]"
    ),
    reply: { content: "Six.", usage }
  },
  {
    server: "DeepSeek: thoughts in a member of their own, a comment as keep-alive",
    body: `${events(chunk({ content: null, reasoning_content: "The " }))}: keep-alive\n\n${events(
      chunk({ content: null, reasoning_content: "tide" }),
      chunk({ content: "Six.", reasoning_content: null }),
      chunk({ content: "" }, "stop", { usage }),
      "[DONE]"
    )}`,
    reply: { content: "Six.", extra: { reasoning_content: "The tide" } }
  },
  {
    server: "Text Generation Inference: arguments as an object, no id",
    body: events(
      chunk(call(0, null, { name: "tide", description: null, arguments: { port: "Faro" } })),
      chunk({ content: null }, "tool_calls"),
      "[DONE]"
    ),
    reply: { tool_calls: [{ id: "call_0", name: "tide", arguments: '{"port":"Faro"}' }] }
  },
  {
    server: "Perplexity: each chunk with the whole message so far beside the delta",
    body: events(
      { choices: [{ index: 0, delta: { content: "Si" }, message: { role: "assistant", content: "Si" } }] },
      {
        choices: [
          { index: 0, delta: { content: "x." }, message: { role: "assistant", content: "Six." }, finish_reason: "stop" }
        ],
        usage
      }
    ),
    reply: { content: "Six.", usage }
  },
  {
    server: "A gateway that ends with the whole message",
    body: events(
      chunk({ content: "Si" }),
      chunk({ content: "x." }),
      { choices: [{ index: 0, message: { role: "assistant", content: "Six." }, finish_reason: "stop" }] },
      "[DONE]"
    ),
    reply: { content: "Six.", finish_reason: "stop" }
  },
  {
    server: "DashScope: CRLF, no space after data, and an empty finish reason until [DONE]",
    body: [chunk({ content: "Si" }, ""), chunk({ content: "x." }, "null")]
      .map((value) => `id:1\r\nevent:result\r\ndata:${JSON.stringify(value)}\r\n\r\n`)
      .concat("data:[DONE]\r\n\r\n")
      .join(""),
    reply: { content: "Six.", finish_reason: "stop" }
  },
  {
    server: "A gateway to Bedrock: another id with each delta",
    body: events(
      chunk(call(0, "a", { name: "tide", arguments: "" })),
      chunk(call(0, "b", { name: null, arguments: '{"port":' })),
      chunk(call(0, "c", { arguments: '"Faro"}' })),
      chunk(call(0, "d", { arguments: "" }), "tool_calls"),
      "[DONE]"
    ),
    reply: { tool_calls: [{ ...tide, id: "a" }] }
  },
  {
    server: "A gateway to Anthropic: an empty object before the arguments, pings, a blank data line",
    body: `event: ping\ndata: {"type": "ping"}\n\ndata:\n\n${events(
      chunk(call(0, "t1", { name: "tide", arguments: "{}" })),
      chunk(call(0, undefined, { arguments: '{"port":"Faro"}' }))
    )}event: keepalive\ndata: keepalive\n\n${events(chunk({}, "tool_calls"), "[DONE]")}`,
    reply: { tool_calls: [tide] }
  },
  {
    server: "An older server: a function call, and the same as a tool call",
    body: events(
      chunk({
        function_call: { name: "tide", arguments: '{"port":' },
        ...call(0, "t1", { name: "tide", arguments: '{"port":' })
      }),
      chunk({ function_call: { arguments: '"Faro"}' }, ...call(0, "t1", { arguments: '"Faro"}' }) }),
      chunk({}, "function_call"),
      "[DONE]"
    ),
    reply: { tool_calls: [tide], finish_reason: "function_call" }
  },
  {
    server: "A proxy that leaves out the blank lines between events",
    body: `data: ${JSON.stringify(chunk({ content: "Si" }))}\ndata: ${JSON.stringify(chunk({ content: "x." }, "stop"))}\ndata: [DONE]\n`,
    reply: { content: "Six.", finish_reason: "stop" }
  },
  {
    server: "A refusal, in pieces",
    body: events(chunk({ content: null, refusal: "I can" }), chunk({ refusal: "not." }), chunk({}, "stop"), "[DONE]"),
    reply: { content: "I cannot.", finish_reason: "stop" }
  }
]
