/** Both majors of the `openai` package, unchanged, against `/v1` of the engine behind a server. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import OpenAI7 from "openai"
import OpenAI6 from "openai-6"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { ModelError, type ModelEvent, type ModelRequest } from "../../src/engine/ports/Model.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { latch, soon } from "../support/latches.js"
import { servedEngine } from "../support/servedEngine.js"

/** Of the major before only what both have is used: its types differ in name alone. */
const majors = [
  ["openai 7", OpenAI7],
  ["openai 6", OpenAI6 as unknown as typeof OpenAI7]
] as const

/** A script that replies with the steps in turn and records the requests. */
const recorded = (...steps: ReadonlyArray<Scripted.Step>) => {
  const requests: Array<ModelRequest> = []
  const script: Scripted.Script = (request, index) => {
    requests.push(request)
    return steps[index] ?? Scripted.reply("nothing more")
  }
  return { requests, script }
}

const params = { model: "some-model", messages: [{ role: "user" as const, content: "Where is the Alma?" }] }

const lookup = {
  type: "function" as const,
  function: { name: "lookup", description: "Finds a ship", parameters: { type: "object", properties: {} } }
}

const failing = (reason: ModelError["reason"], message = "the lamp went out") =>
  Scripted.fail(new ModelError({ reason, message }))

const failure = async (promise: PromiseLike<unknown>) => {
  const outcome = await Promise.resolve(promise).then(
    (value) => ({ value }),
    (error: unknown) => ({ error })
  )
  if ("value" in outcome) throw new Error(`resolved with ${JSON.stringify(outcome.value)}`)
  return outcome.error
}

/** A model that emits one word and then waits until it is interrupted. */
const endless = () => {
  const said = latch()
  const stopped = latch()
  const word: ModelEvent = { _tag: "Text", text: "Once " }
  const step: Scripted.Step = () =>
    Stream.make(word).pipe(
      Stream.concat(Stream.drain(Stream.fromEffect(Effect.sync(() => said.open())))),
      Stream.concat(Stream.never),
      Stream.ensuring(Effect.sync(() => stopped.open()))
    )
  return { step, said, stopped }
}

/** Holds timers of exactly that many milliseconds until the test runs them. */
const expiring = (milliseconds: number) => {
  const real = globalThis.setTimeout
  type Run = (...args: ReadonlyArray<unknown>) => void
  const held: Array<Run> = []
  const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(
    // The overloads of Node's function, of which one is enough here.
    ((run: Run, after?: number, ...args: ReadonlyArray<unknown>) => {
      if (after !== milliseconds) return real(run, after, ...args)
      held.push(run)
      return real(() => {}, 0)
    }) as typeof setTimeout
  )
  onTestFinished(() => spy.mockRestore())
  return {
    expire: () => {
      if (held.length === 0) throw new Error(`no timer of ${milliseconds} ms was set`)
      for (const run of held) run()
    }
  }
}

const opened = (what: string, { opened }: { readonly opened: Effect.Effect<unknown> }) =>
  Effect.runPromise(soon(what)(opened))

describe.each(majors)("%s", (_name, OpenAI) => {
  const clientOf = async (script?: Scripted.Script, options: ConstructorParameters<typeof OpenAI7>[0] = {}) => {
    const { apiKey, origin } = await servedEngine(script)
    return new OpenAI({ apiKey, baseURL: `${origin}/v1`, maxRetries: 0, ...options })
  }

  describe("chat.completions.create", () => {
    it("answers, with usage, headers and the raw response", async () => {
      const { requests, script } = recorded(Scripted.reply("At sea."))
      const client = await clientOf(script)
      const { data, response } = await client.chat.completions
        .create({ ...params, temperature: 0.2, top_p: 0.9, seed: 7, stop: "END", user: "u-1" })
        .withResponse()
      expect(data).toMatchObject({
        object: "chat.completion",
        model: "some-model",
        choices: [{ index: 0, message: { role: "assistant", content: "At sea." }, finish_reason: "stop" }],
        usage: { total_tokens: expect.any(Number) }
      })
      expect(data.created).toBeGreaterThan(1_700_000_000)
      expect(response.status).toBe(200)
      expect(requests[0]).toMatchObject({
        model: "some-model",
        settings: { temperature: 0.2, top_p: 0.9, seed: 7, stop: "END" },
        extra: { user: "u-1" }
      })
      const raw = await client.chat.completions.create(params).asResponse()
      expect(await raw.json()).toMatchObject({ object: "chat.completion" })
    })

    it("takes system, developer, image, tool-call and tool messages", async () => {
      const { requests, script } = recorded(Scripted.reply("At sea."))
      const client = await clientOf(script)
      await client.chat.completions.create({
        model: "some-model",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "developer", content: "Be kind." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low" } }
            ]
          },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "call_1", type: "function", function: { name: "lookup", arguments: "{}" } }]
          },
          { role: "tool", tool_call_id: "call_1", content: '{"at":"sea"}' }
        ]
      })
      expect(requests[0]?.messages).toMatchObject([
        { role: "system", content: "Be brief." },
        { role: "system", content: "Be kind." },
        { role: "user", content: [{ type: "text" }, { type: "image_url" }] },
        { role: "assistant", tool_calls: [{ id: "call_1", name: "lookup" }] },
        { role: "tool", tool_call_id: "call_1" }
      ])
    })

    it("calls tools, several at once, and passes response_format and unknown members on", async () => {
      const calls = [
        { id: "call_1", name: "lookup", arguments: '{"ship":"Alma"}' },
        { id: "call_2", name: "lookup", arguments: '{"ship":"Bert"}' }
      ]
      const { requests, script } = recorded(Scripted.toolCalls(calls))
      const client = await clientOf(script)
      const reply = await client.chat.completions.create({
        ...params,
        tools: [lookup],
        tool_choice: "required",
        response_format: { type: "json_object" },
        // @ts-expect-error beyond OpenAI's settings
        min_p: 0.1
      })
      expect(reply.choices[0]).toMatchObject({
        finish_reason: "tool_calls",
        message: {
          content: null,
          tool_calls: calls.map(({ id, ...call }) => ({ id, type: "function", function: call }))
        }
      })
      expect(requests[0]?.tools).toMatchObject([{ name: "lookup" }])
      expect(requests[0]).toMatchObject({
        settings: { response_format: { type: "json_object" } },
        extra: { min_p: 0.1 }
      })
      expect(JSON.stringify(requests[0])).toContain('"required"')
    })
  })

  describe("chat.completions, streamed", () => {
    it("create with stream: chunks in order, the usage in the last", async () => {
      const client = await clientOf([Scripted.pieces(["At ", "sea, ", "wörld 🚢"])])
      const stream = await client.chat.completions.create({
        ...params,
        stream: true,
        stream_options: { include_usage: true }
      })
      const chunks = []
      for await (const chunk of stream) chunks.push(chunk)
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("At sea, wörld 🚢")
      expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant")
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
      expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(["stop"])
      expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0)
    })

    it("the helper: its events, its text and its completion", async () => {
      const client = await clientOf([Scripted.pieces(["At ", "sea."])])
      const stream = client.chat.completions.stream({ ...params, stream_options: { include_usage: true } })
      const events: Array<string> = []
      stream.on("content", (delta, snapshot) => events.push(`${delta}|${snapshot}`))
      expect(await stream.finalContent()).toBe("At sea.")
      expect(events.slice(-2)).toEqual(["At |At ", "sea.|At sea."])
      expect(await stream.finalChatCompletion()).toMatchObject({ choices: [{ finish_reason: "stop" }] })
      expect((await stream.totalUsage()).total_tokens).toBeGreaterThan(0)
    })

    it("the helper: tool calls", async () => {
      const client = await clientOf([Scripted.toolCall("lookup", { ship: "Alma" })])
      const stream = client.chat.completions.stream({ ...params, tools: [lookup] })
      expect((await stream.finalMessage()).tool_calls).toMatchObject([
        { id: "call_lookup", type: "function", function: { name: "lookup", arguments: '{"ship":"Alma"}' } }
      ])
    })

    it.each([false, true])(
      "runTools: calls the function, sends its result, gives the answer (stream: %s)",
      async (stream) => {
        const { requests, script } = recorded(
          Scripted.toolCall("lookup", { ship: "Alma" }),
          Scripted.reply("She is at sea.")
        )
        const client = await clientOf(script)
        const given: Array<unknown> = []
        const tool = {
          type: "function" as const,
          function: {
            ...lookup.function,
            parse: (text: string): unknown => JSON.parse(text),
            function: (args: unknown) => {
              given.push(args)
              return { at: "sea" }
            }
          }
        }
        const runner = stream
          ? client.chat.completions.runTools({ ...params, stream: true, tools: [tool] })
          : client.chat.completions.runTools({ ...params, tools: [tool] })
        expect(await runner.finalContent()).toBe("She is at sea.")
        expect(given).toEqual([{ ship: "Alma" }])
        expect(requests[1]?.messages.at(-1)).toMatchObject({
          role: "tool",
          tool_call_id: "call_lookup",
          content: '{"at":"sea"}'
        })
      }
    )

    it("an error in mid-stream is thrown with the model's message", async () => {
      const client = await clientOf([Scripted.pieces(["At "], failing("unavailable"))])
      const stream = await client.chat.completions.create({ ...params, stream: true })
      const events: Array<string> = []
      const read = async () => {
        for await (const chunk of stream) events.push(chunk.choices[0]?.delta.content ?? "")
      }
      const error = await failure(read())
      expect(error).toBeInstanceOf(OpenAI.APIError)
      expect(error).toMatchObject({ message: expect.stringContaining("the lamp went out") })
      expect(events.join("")).toBe("At ")
    })
  })

  describe("completions", () => {
    it("create, whole and streamed", async () => {
      const client = await clientOf([Scripted.reply("Once upon a time"), Scripted.pieces(["Once ", "upon"])])
      const whole = await client.completions.create({ model: "some-model", prompt: "Tell", max_tokens: 9 })
      expect(whole).toMatchObject({
        object: "text_completion",
        choices: [{ index: 0, text: "Once upon a time", finish_reason: "stop" }],
        usage: { total_tokens: expect.any(Number) }
      })
      let words = ""
      for await (const chunk of await client.completions.create({
        model: "some-model",
        prompt: "Tell",
        stream: true
      })) {
        words += chunk.choices[0]?.text ?? ""
      }
      expect(words).toBe("Once upon")
    })
  })

  it("models.list, in pages that page themselves", async () => {
    const client = await clientOf()
    const ids: Array<string> = []
    for await (const model of client.models.list()) {
      expect(model).toMatchObject({ object: "model", owned_by: expect.any(String) })
      ids.push(model.id)
    }
    expect(ids.length).toBeGreaterThan(0)
  })

  describe("errors, by class", () => {
    const cases = [
      ["a model the endpoint does not know", failing("unknown_model"), OpenAI.NotFoundError, 404],
      ["a request the model refuses", failing("invalid_request"), OpenAI.BadRequestError, 400],
      ["too many requests", failing("rate_limited"), OpenAI.RateLimitError, 429],
      ["a model that is away", failing("unavailable"), OpenAI.InternalServerError, 502]
    ] as const
    it.each(cases)("%s", async (_what, step, Class, status) => {
      const client = await clientOf([step])
      const error = await failure(client.chat.completions.create(params))
      expect(error).toBeInstanceOf(Class)
      expect(error).toMatchObject({ status, message: expect.stringContaining("the lamp went out") })
      expect(error).toMatchObject({ error: { message: expect.any(String) } })
    })

    it("a wrong key, a malformed body, an unknown route", async () => {
      const stranger = await clientOf(undefined, { apiKey: "wrong" })
      expect(await failure(stranger.models.list())).toBeInstanceOf(OpenAI.PermissionDeniedError)
      const client = await clientOf()
      const misfit = await failure(client.chat.completions.create({ ...params, messages: [] }))
      expect(misfit).toBeInstanceOf(OpenAI.UnprocessableEntityError)
      expect(misfit).toMatchObject({ message: expect.stringContaining("messages") })
      expect(await failure(client.embeddings.create({ model: "m", input: "x" }))).toBeInstanceOf(OpenAI.NotFoundError)
    })

    it("a request to a model that fails for a moment is sent again", async () => {
      const { requests, script } = recorded(failing("rate_limited"), Scripted.reply("At sea."))
      const client = await clientOf(script, { maxRetries: 1 })
      expect((await client.chat.completions.create(params)).choices[0]?.message.content).toBe("At sea.")
      expect(requests).toHaveLength(2)
    })
  })

  describe("giving up", () => {
    it("by a signal, while a reply is waited for: the model is stopped", async () => {
      const model = endless()
      const client = await clientOf([model.step])
      const controller = new AbortController()
      const call = failure(client.chat.completions.create(params, { signal: controller.signal }))
      await opened("the model", model.said)
      controller.abort()
      expect(await call).toBeInstanceOf(OpenAI.APIUserAbortError)
      await opened("the end of the model", model.stopped)
    })

    it("by leaving the loop of a stream, or by the stream's own abort: the model is stopped", async () => {
      const [first, second] = [endless(), endless()]
      const client = await clientOf([first.step, second.step])
      const words = (text: string | null | undefined) => text === "Once "
      for await (const chunk of await client.chat.completions.create({ ...params, stream: true })) {
        if (words(chunk.choices[0]?.delta.content)) break
      }
      await opened("the end of the model", first.stopped)
      const stream = client.chat.completions.stream(params)
      const ended = failure(stream.done())
      stream.on("content", (delta) => words(delta) && stream.abort())
      expect(await ended).toBeInstanceOf(OpenAI.APIUserAbortError)
      await opened("the end of the model", second.stopped)
    })

    it("by its timeout: the model is stopped", async () => {
      const model = endless()
      const client = await clientOf([model.step])
      const limit = expiring(87_654)
      const call = failure(client.chat.completions.create(params, { timeout: 87_654 }))
      await opened("the model", model.said)
      limit.expire()
      expect(await call).toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
      await opened("the end of the model", model.stopped)
    })
  })
})
