/** What the errors of refused inputs say: the same in a chat and in a streamed one. */
import { describe, expect, it } from "vitest"
import { Client } from "../../src/promise/index.js"
import { embeddedClient } from "./support/clients.js"
import { ID, rejection } from "./support/server.js"

/** An input of a program without types. */
const untyped = (input: unknown) => input as never

const chat = (client: Client, id: unknown, input: unknown) => client.sessions.chat(untyped(id), untyped(input))

describe("a chat and a streamed one refuse with the same error", () => {
  it.each([
    [ID, 7, "Expected an object, actual 7"],
    [ID, { messages: [{ role: "user", content: "x" }], temprature: 1 }, "Did you mean `temperature`?"],
    [ID, { messages: [] }, "messages: Expected an array of at least 1 item, actual []"],
    [
      ID,
      { colour: 1 },
      "colour: `colour` is not a member of a chat. Members of the endpoint go into `extra`. messages: is missing"
    ],
    ["x", "Hello", "session_id: Expected a UUID"],
    [undefined, "Hello", "session_id: is missing"]
  ])("%s %o", async (id, input, message) => {
    const client = embeddedClient()
    const error = await rejection(chat(client, id, input))
    expect(String(error)).toContain(message)
    expect(await rejection(client.sessions.chatStream(untyped(id), untyped(input)).accumulate())).toEqual(error)
  })
})

it("a blank memory and two docs with one key", async () => {
  const client = embeddedClient()
  const blank = await rejection(client.memories.create({ agent_id: ID, user_id: ID, content: " " }))
  expect(String(blank)).toContain("content: Expected a text that is not blank")
  const doc = { title: "a", content: "b" }
  expect(String(await rejection(client.docs.sync({ agent_id: ID }, [doc, doc])))).toMatch(/key of its own\.$/)
})

it("a connection that fails names the address of the model once, and CORS in browsers alone", async () => {
  await using client = Client.embedded({
    storage: "memory",
    model: { url: "http://127.0.0.1:1/v1", name: "m", retry: false }
  })
  const agent = await client.agents.create({ name: "Ada" })
  const session = await client.sessions.create({ agent_id: agent.id })
  const text = String(await rejection(client.sessions.chat(session.id, "Hello")))
  expect(text.match(/127\.0\.0\.1:1/g)).toHaveLength(1)
  expect(text).not.toContain("CORS")
})
