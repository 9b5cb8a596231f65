/** A program over types that openapi-typescript has generated from the document, as its users write them. */
import createClient from "openapi-fetch"
import type { components, operations, paths } from "#generated"

type Agent = components["schemas"]["Agent"]
type ListQuery = NonNullable<operations["ListAgents"]["parameters"]["query"]>

/** Runs against a server, and returns what it saw. */
export const run = async (baseUrl: string, key: string) => {
  const api = createClient<paths, "application/json">({ baseUrl, headers: { authorization: `Bearer ${key}` } })

  const created = await api.POST("/agents", {
    body: { name: "Ada", instructions: ["Be brief."], metadata: { team: "support" }, default_settings: { top_p: 0.5 } }
  })
  if (created.data === undefined) throw new Error(created.error.error.message)
  const agent_id: string = created.data.id

  const doc = await api.POST("/agents/{agent_id}/docs", {
    params: { path: { agent_id } },
    body: { title: "Refunds", content: ["Refunds are paid within 14 days.", "Ask for them by letter."] }
  })
  const jobs: ReadonlyArray<string> = doc.data?.jobs ?? []

  const query: ListQuery = { limit: 10, order: "asc", metadata_filter: JSON.stringify({ team: "support" }) }
  const agents = await api.GET("/agents", { params: { query } })
  if (agents.data === undefined) throw new Error(agents.error.detail)
  // What the engine always sends needs no check for null or undefined.
  const names = agents.data.items.map(
    (agent: Agent) => `${agent.name}: ${agent.about.length} ${agent.metadata["team"]}`
  )
  const top_p: number | undefined = agents.data.items[0]?.default_settings.top_p
  const years = agents.data.items.map(({ created_at }) => created_at.slice(0, 2))

  const user = await api.POST("/users", { body: { name: "Sam" } })
  if (user.data === undefined) throw new Error(user.error.detail)
  const session = await api.POST("/sessions", { body: { agent_id, user_id: user.data.id } })
  if (session.data === undefined) throw new Error(session.error.detail)
  const path = { session_id: session.data.id }

  const chat = await api.POST("/sessions/{session_id}/chat", {
    params: { path },
    body: { messages: [{ role: "user", content: "When are refunds paid?" }], max_tokens: 50, stop: ["###"] }
  })
  if (chat.data === undefined) throw new Error(chat.error.error.code)
  const reply = chat.data.response[0]?.[0]?.content
  const cited: number = chat.data.doc_ids.agent_doc_ids.length
  const tokens: number = chat.data.usage.total_tokens

  const history = await api.GET("/sessions/{session_id}/history", { params: { path, query: { limit: 2 } } })
  const roles = history.data?.items.map(({ role }) => role)

  const streamed = await api.POST("/sessions/{session_id}/chat", {
    params: { path },
    body: { messages: [{ role: "user", content: "Once more?" }], stream: true },
    parseAs: "text"
  })
  type Event = operations["Chat"]["responses"][200]["content"]["text/event-stream"]
  const events = String(streamed.data)
    .split("\n\n")
    .flatMap((event) => (event.startsWith("data: {") ? [JSON.parse(event.slice("data: ".length)) as Event] : []))
  const text = events.flatMap(({ response }) => response[0]?.map(({ content }) => content ?? "") ?? []).join("")

  const missing = await api.GET("/agents/{agent_id}", { params: { path: { agent_id: user.data.id } } })
  const failure = missing.error?.error

  const completion = await api.POST("/v1/chat/completions", {
    body: { model: "offline", messages: [{ role: "user", content: "Hello" }] }
  })

  // @ts-expect-error: a message has content
  const wrong: components["schemas"]["InputChatMLMessage"] = { role: "user" }
  // @ts-expect-error: there is no such role
  const odd: components["schemas"]["InputChatMLMessage"] = { role: "robot", content: "" }

  return {
    jobs: jobs.length,
    names,
    top_p,
    years,
    reply,
    cited,
    tokens: tokens > 0,
    roles,
    events: events.length > 2 && text !== "",
    last: events.at(-1)?.finish_reason,
    failure,
    status: missing.response.status,
    said: completion.data?.choices[0]?.message.content !== undefined,
    refused: [wrong.role, odd.role]
  }
}
