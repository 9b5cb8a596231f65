/** What the engine does between the `openai` package and an endpoint: keys, names, and calls that end early. */
import * as Effect from "effect/Effect"
import OpenAI from "openai"
import OpenAI6 from "openai-6"
import { describe, expect, it } from "vitest"
import { until } from "../support/latches.js"
import { type Ends, useEnds } from "../support/openai/bothWays.js"
import { asked } from "./calls/openai.js"

const majors = [
  ["openai", (ends: Ends) => new OpenAI({ ...ends.engine, maxRetries: 0 }), OpenAI],
  // The calls are of methods that both majors have.
  ["openai-6", (ends: Ends) => new OpenAI6({ ...ends.engine, maxRetries: 0 }) as unknown as OpenAI, OpenAI6]
] as const

describe.each(majors)("%s", (_name, make, { APIError, APIUserAbortError }) => {
  const ends = useEnds()

  /** Runs a call that is given up, and waits until the endpoint's answer is given up, too. */
  const abandons = async (call: (client: OpenAI) => Promise<unknown>) => {
    const { upstream } = ends()
    const before = upstream.abandoned()
    await call(make(ends()))
    await Effect.runPromise(
      until("the end of the endpoint's answer", Effect.sync(upstream.abandoned), (n) => n > before)
    )
  }

  const received = () => {
    const { upstream } = ends()
    const before = upstream.received.length
    return until(
      "a request",
      Effect.sync(() => upstream.received.length),
      (n) => n > before
    )
  }

  const hang = { ...asked, model: "hang" }

  it("a signal ends a call that waits, and the endpoint's with it", () =>
    abandons(async (client) => {
      const controller = new AbortController()
      const arrived = Effect.runPromise(received())
      const call = client.chat.completions.create(hang, { signal: controller.signal })
      await arrived
      controller.abort()
      await expect(call).rejects.toBeInstanceOf(APIUserAbortError)
    }))

  it("leaving the loop of a stream ends the endpoint's stream", () =>
    abandons(async (client) => {
      for await (const chunk of await client.chat.completions.create({ ...hang, stream: true })) {
        if (chunk.choices[0]?.delta.content) break
      }
    }))

  it("the stream's own abort ends the endpoint's stream", () =>
    abandons(async (client) => {
      const stream = client.chat.completions.stream(hang)
      stream.on("content", () => stream.abort())
      await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError)
    }))

  it("a streamed response that is aborted ends the endpoint's", () =>
    abandons(async (client) => {
      const stream = client.responses.stream({ model: "hang", input: "Hello" })
      stream.on("event", () => stream.abort())
      await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError)
    }))

  it("an answer that breaks off is an error, never a short answer", async () => {
    const client = make(ends())
    const whole = client.chat.completions.create({ ...asked, model: "break" })
    await expect(whole).rejects.toMatchObject({ status: 502, error: { message: expect.any(String) } })
    const pieces: Array<string> = []
    const read = async () => {
      const stream = await client.chat.completions.create({ ...asked, model: "break", stream: true })
      for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? "")
    }
    await expect(read()).rejects.toBeInstanceOf(APIError)
    expect(pieces.join("")).toBe("You said:")
  })

  it("a hosted name and a missing one ask for the engine's model, and the answer is as the endpoint gave it", async () => {
    const { upstream } = ends()
    const before = upstream.received.length
    const { chat } = make(ends())
    const hosted = await chat.completions.create({ ...asked, model: "julep-ai/samantha-1-turbo" })
    // A request without a model, which the types of the package do not allow.
    const unnamed = await chat.completions.create({ messages: asked.messages } as never)
    expect(unnamed).toEqual({ ...hosted, id: unnamed.id })
    expect(hosted).toMatchObject({ model: "echo-2025-01-01" })
    const sent = upstream.received.slice(before).map(({ body }) => JSON.parse(body))
    expect(sent).toEqual([asked, asked])
  })

  it("calls at the same time have each their own answer", async () => {
    const { chat } = make(ends())
    const ship = (index: number) => ({ model: "echo", messages: [{ role: "user" as const, content: `Ship ${index}` }] })
    const whole = async (index: number) => (await chat.completions.create(ship(index))).choices[0]?.message.content
    const streamed = (index: number) => chat.completions.stream(ship(index)).finalContent()
    const answers = await Promise.all(Array.from({ length: 24 }, (_, at) => (at % 2 === 0 ? whole(at) : streamed(at))))
    expect(answers).toEqual(Array.from({ length: 24 }, (_, index) => `You said: Ship ${index}`))
  })

  it("the caller's key stays with the engine, and the endpoint's with the endpoint", async () => {
    const { engine, upstream } = ends()
    const before = upstream.received.length
    const { response } = await make(ends()).chat.completions.create(asked).withResponse()
    const sent = JSON.stringify(upstream.received.slice(before))
    expect(sent).not.toContain(engine.apiKey)
    expect(upstream.received).toHaveLength(before + 1)
    expect([...response.headers.keys()]).toEqual(expect.arrayContaining(["x-request-id", "x-ratelimit-limit-requests"]))
    expect([...response.headers.keys()]).not.toContain("openai-organization")
  })
})
