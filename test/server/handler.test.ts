/** The server as a function of web standards: alone, and mounted in Hono. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Hono } from "hono"
import { onTestFinished } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import * as Server from "../../src/server/Server.js"
import { latch, soon } from "../support/latches.js"
import { complete, createAgent, KEY, withKey } from "../support/serving.js"

const made = async (options: Partial<Server.Options> = {}) => {
  const server = await Server.handler({ storage: "memory", accessLog: false, keys: { operator: KEY }, ...options })
  onTestFinished(server.close)
  return server
}

const ORIGIN = "http://localhost"

/** A model whose stream stays open after a first word, and says when it was interrupted. */
const endless = () => {
  const ended = latch()
  const step: Scripted.StepFunction = () =>
    Stream.ensuring(
      Stream.concat(
        Stream.make({ _tag: "Text" as const, text: "Half " }),
        Stream.drain(Stream.fromEffect(Effect.never))
      ),
      Effect.sync(() => ended.open())
    )
  return { model: Scripted.layer(step), ended: Effect.runPromise(soon("the model is interrupted")(ended.opened)) }
}

describe("the handler", () => {
  it("answers requests, and asks for the key", async () => {
    const { handler } = await made()
    expect((await handler(new Request(`${ORIGIN}/health`))).status).toBe(200)
    expect((await handler(new Request(`${ORIGIN}/agents`))).status).toBe(403)
    const created = await handler(new Request(`${ORIGIN}/api/agents`, createAgent()))
    expect([created.status, await created.json()]).toMatchObject([201, { id: expect.any(String) }])
  })

  it("rejects with the error of options that cannot be", async () => {
    await expect(Server.handler({ storage: "memory" })).rejects.toMatchObject({ _tag: "JulepConfigError" })
  })

  it("is mounted in Hono, below a prefix that Hono removes", async () => {
    const { handler } = await made()
    const app = new Hono().mount("/agents-of-ours", handler)
    const listed = await app.request("/agents-of-ours/api/agents", { headers: withKey() })
    expect([listed.status, await listed.json()]).toEqual([200, { items: [] }])
  })

  it("checks the host of a request where names are given", async () => {
    const { handler } = await made({ allowedHosts: ["julep.example"] })
    expect((await handler(new Request("http://julep.example/health"))).status).toBe(200)
    expect((await handler(new Request("http://evil.example/health"))).status).toBe(421)
  })

  it("refuses a body that does not arrive in time", async () => {
    const { handler } = await made({ limits: { bodyTimeout: "20 millis" } })
    const body = new ReadableStream()
    const slow = { ...createAgent(), body, duplex: "half" }
    const refused = await handler(new Request(`${ORIGIN}/agents`, slow))
    expect([refused.status, await refused.json()]).toMatchObject([408, { error: { code: "BODY_TIMEOUT" } }])
  })

  for (const [how, leave] of [
    ["cancels the body", (response: Response) => void response.body?.cancel()],
    ["aborts the request", (_: Response, abort: AbortController) => abort.abort()]
  ] as const) {
    it(`interrupts the model when the client ${how}`, async () => {
      const { ended, model } = endless()
      const { handler } = await made({ model, limits: { streams: 1 } })
      const abort = new AbortController()
      const ask = () =>
        handler(new Request(`${ORIGIN}/v1/chat/completions`, { ...complete(true), signal: abort.signal }))
      const response = await ask()
      expect(response.status).toBe(200)
      leave(response, abort)
      await ended
    })
  }

  it("interrupts a request whose client leaves before the response", async () => {
    const reached = latch()
    const interrupted = latch()
    const model = Scripted.layer(
      () => () =>
        Effect.sync(() => reached.open()).pipe(
          Effect.zipRight(Effect.never),
          Effect.onInterrupt(() => Effect.sync(() => interrupted.open()))
        )
    )
    const { handler } = await made({ model })
    const abort = new AbortController()
    void handler(new Request(`${ORIGIN}/v1/chat/completions`, { ...complete(), signal: abort.signal }))
    await Effect.runPromise(reached.opened)
    abort.abort()
    await Effect.runPromise(soon("the model is interrupted")(interrupted.opened))
  })

  it("ends open streams with an error event when it closes, and refuses later requests", async () => {
    const { model } = endless()
    const { close, handler } = await made({ model })
    const response = await handler(new Request(`${ORIGIN}/v1/chat/completions`, complete(true)))
    const text = response.text()
    await close()
    expect(await text).toContain('"code":"CLOSING"')
    const late = await handler(new Request(`${ORIGIN}/agents`, { headers: withKey() }))
    expect(late.status).toBe(503)
    expect((await handler(new Request(`${ORIGIN}/ready`))).status).toBe(503)
  })
})
