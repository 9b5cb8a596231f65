/** Typed answers with promises, from the offline model and from a server. */
import { Schema } from "effect"
import { afterAll, describe, expect, expectTypeOf, it, onTestFinished } from "vitest"
import { z } from "zod"
import { Client, type DeepPartial, InvalidObject, InvalidRequest } from "../../src/promise/index.js"
import { TestClient } from "../../src/testing/index.js"
import { clientOf, event, ID, listen, rejection, said, sse } from "./support/server.js"

const booking = z.object({
  city: z.string(),
  people: z.int().positive(),
  email: z.email().optional(),
  at: z.iso.date().transform((text) => new Date(text))
})
type Booking = z.output<typeof booking>

const question = "Book a table for 4 in Lisbon on 2026-03-01, please."
const expected = { city: "Lisbon", people: 4, email: "someone@example.com", at: new Date("2026-03-01") }

describe("typed answers with promises", () => {
  const client = Client.embedded({ storage: "memory" })
  afterAll(() => client.close())
  const session = (async () => {
    const agent = await client.agents.create({ name: "Ada" })
    return client.sessions.create({ agent_id: agent.id })
  })()

  it("are what a schema of zod decodes", async () => {
    const { object, reply, usage } = await client.sessions.chatObject((await session).id, question, booking)
    expectTypeOf(object).toEqualTypeOf<Booking>()
    expect(object).toEqual(expected)
    expect(usage).toEqual(reply.usage)
  })

  it("are what a schema of Effect decodes", async () => {
    const schema = Schema.Struct({ people: Schema.Int })
    const { object } = await client.sessions.chatObject((await session).id, question, schema)
    expectTypeOf(object).toEqualTypeOf<{ readonly people: number }>()
    expect(object).toEqual({ people: 4 })
  })

  it("are streamed: parts, and last the whole", async () => {
    const events = client.sessions.chatObjectStream((await session).id, question, booking)
    let parts = 0
    for await (const event of events) {
      if (event.done) {
        expectTypeOf(event.object).toEqualTypeOf<Booking>()
        expect(event.object).toEqual(expected)
      } else {
        expectTypeOf(event.object).toEqualTypeOf<DeepPartial<z.input<typeof booking>>>()
        parts++
      }
    }
    expect(parts).toBeGreaterThan(0)
    const whole = await client.sessions.chatObjectStream((await session).id, question, booking).accumulate()
    expect(whole).toMatchObject({ done: true, object: expected })
  })

  it("reject with InvalidObject where the reply does not fit, with the line of the caller in the stack", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said('{"city": 1}'))
      event(response, said("", "stop"))
      event(response, "[DONE]")
      response.end()
    })
    const error = await rejection(clientOf(server).sessions.chatObjectStream(ID, question, booking).accumulate())
    expect(error).toBeInstanceOf(InvalidObject)
    const { issues, text } = Object(error)
    expect(text).toContain('{"city": 1}')
    expect(issues).toMatchObject([{ path: "city" }, { path: "people" }, { path: "at" }])
    expect(String(Object(error).stack)).toContain("objects.test.ts")
  })

  it("take repair beside the options of the request", async () => {
    const replies = ['{"city": 1}', '{"city": 2}']
    const asked = new TestClient({ script: replies })
    onTestFinished(() => asked.close())
    const agent = await asked.agents.create({ name: "Ada" })
    const { id } = await asked.sessions.create({ agent_id: agent.id })
    const options = { repair: 0, timeout: "1 minute" } as const
    expect(await rejection(asked.sessions.chatObject(id, question, booking, options))).toMatchObject({
      text: replies[0]
    })
    const signal = AbortSignal.abort(new Error("gone"))
    const aborted = asked.sessions.chatObject(id, question, booking, { repair: 0, signal })
    expect(await rejection(aborted)).toMatchObject({ message: "gone" })
  })

  it("reject with InvalidRequest for a schema without a JSON Schema", async () => {
    const schema = z.object({ at: z.date() })
    const error = await rejection(client.sessions.chatObject((await session).id, question, schema))
    expect(error).toBeInstanceOf(InvalidRequest)
  })
})
