/** Streams that their clients leave: each ends its model, frees its place, and leaves nothing behind. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { onTestFinished } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import * as Server from "../../src/server/Server.js"
import { until } from "../support/latches.js"
import { complete, createAgent, KEY, withKey } from "../support/serving.js"

/** Ten for each of SOAK, which is 1000 in `npm run soak`. */
const COUNT = 10 * Number(process.env["SOAK"] ?? 5)
/** How many clients are there at a time. */
const CLIENTS = 10

it(`a server outlives ${COUNT} aborted streams: no place is lost, no session is stuck, no rejection is unhandled`, async () => {
  const rejections: Array<unknown> = []
  const note = (reason: unknown) => void rejections.push(reason)
  process.on("unhandledRejection", note)
  onTestFinished(() => void process.off("unhandledRejection", note))

  let running = 0
  let isEndless = true
  const step: Scripted.StepFunction = () => {
    if (!isEndless) return "Whole."
    running++
    return () =>
      Stream.ensuring(
        Stream.concat(Stream.make({ _tag: "Text", text: "Half " } as const), Stream.never),
        Effect.sync(() => running--)
      )
  }
  const { close, handler } = await Server.handler({
    storage: "memory",
    model: Scripted.layer(step),
    accessLog: false,
    keys: { operator: KEY },
    limits: { requests: CLIENTS + 1, streams: CLIENTS }
  })
  onTestFinished(close)
  const send = (path: string, init?: RequestInit) => handler(new Request(`http://localhost${path}`, init))
  const created = async (path: string, body: object): Promise<string> =>
    Object(await (await send(path, { ...createAgent(), body: JSON.stringify(body) })).json()).id

  const agent_id = await created("/agents", { name: "Ada" })
  const client = async (session: string, turns: number) => {
    const path = `/sessions/${session}/chat`
    for (let turn = 0; turn < turns; turn++) {
      const abort = new AbortController()
      const ask = Effect.promise(() => send(path, { ...complete(true), signal: abort.signal }))
      // The place of the turn before is free soon after its client has left.
      const response = await Effect.runPromise(until("a place is free", ask, ({ status }) => status === 200))
      const reader = response.body?.getReader()
      await reader?.read()
      // Clients leave in different ways.
      if (turn % 2 === 0) await reader?.cancel()
      else abort.abort()
      // A session takes one turn at a time, so the next one begins when this one has ended.
    }
  }
  const sessions = await Promise.all(Array.from({ length: CLIENTS }, () => created("/sessions", { agent_id })))
  await Promise.all(sessions.map((session) => client(session, COUNT / CLIENTS)))
  await Effect.runPromise(
    until(
      "every model was interrupted",
      Effect.sync(() => running),
      (count) => count === 0
    )
  )

  isEndless = false
  for (const session of sessions) {
    const whole = await send(`/sessions/${session}/chat`, complete(true))
    expect(await whole.text()).toContain("Whole.")
  }
  expect((await send("/agents", { headers: withKey() })).status).toBe(200)
  expect(rejections).toEqual([])
}, 900_000)
