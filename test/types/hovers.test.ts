/** What an editor shows: names, and known values, in few lines. */
import { expect, it } from "@effect/vitest"
import { ask } from "../support/languageServer.js"

const source = `
import type * as A from "../src/index.js"
import type * as P from "../src/promise/index.js"
declare const julep: A.Julep.Service
declare const client: P.Client
declare const agent: A.Agent
declare const reply: A.ChatResponse
declare const plain: P.ChatResponse
declare const session: A.SessionId
export const created = julep.agents.create({ name: "Ada" })
export const chatted = julep.sessions.chat(session, "Hello")
export const answered = client.sessions.chat(session, "Hello")
export const events = julep.sessions.chatStream(session, "Hello")
export const reasons = [reply.finish_reason, plain.finish_reason]
julep.agents.create({ name: "Ada", instrutions: [] })
client.agents.create({ name: "Ada", instrutions: [] })
julep.agents.update(agent.id, { abuot: "" })
julep.sessions.chat(session, { messages: [{ role: "usr", content: "" }] })
julep.agents.update(agent.id, { colour: "" })
julep.users.update("" as A.UserId, { colour: "" })
julep.users.create({ colour: "" })
julep.sessions.create({ agent_id: agent.id, colour: "" })
julep.sessions.update(session, { colour: "" })
julep.docs.create({ agent_id: agent.id, doc: { title: "", content: "", colour: "" } })
julep.docs.sync({ agent_id: agent.id }, [{ title: "", content: "", colour: "" }])
julep.memories.create({ agent_id: agent.id, content: "", colour: "" })
`

it("hovers and compile errors have names, known values and few lines", { timeout: 120_000 }, async () => {
  const { errors, hovers } = await ask(source, [
    "agents.create",
    "created =",
    "chatted =",
    "answered =",
    "sessions.chatStream",
    "events =",
    "agent:",
    "reply:",
    "reply.finish_reason",
    "plain.finish_reason"
  ])
  for (const hover of hovers) expect(hover.split("\n").length, hover).toBeLessThan(5)
  const [create, created, chatted, answered, stream, , agent, reply, ...reasons] = hovers
  expect(create).toContain("(input: A.Agents.CreateInput) => Effect<A.Agents.CreateInput & Created<A.AgentId>")
  expect(created).toContain("A.Agents.CreateInput & Created<")
  expect(chatted).toContain("Effect<A.ChatResponse, A.ChatError")
  expect(answered).toContain("Promise<P.ChatResponse>")
  expect(stream).toContain("Stream<A.ChatStreamEvent, ")
  expect(agent).toContain("const agent: A.Agent")
  expect(reply).toContain("const reply: A.ChatResponse")
  for (const reason of reasons) expect(reason).toContain('"tool_calls" | (string & {})')
  expect(errors).toHaveLength(12)
  for (const error of errors.slice(4)) {
    expect(error).toMatch(/'colour' does not exist in type '[\w.{}:;<>"& ]*\w'/)
    expect(error.length, error).toBeLessThan(160)
  }
  for (const error of errors.slice(0, 4)) {
    expect(error.split("\n").length, error).toBeLessThan(5)
    expect(error).toMatch(/Did you mean/)
  }
})
