/**
 * The cases of the suite of the Python client `julep` 0.3.4, restated as the exchanges that they are: the requests as that
 * client sends them, and in the answers what its models require. Its two clients, `Client` and `AsyncClient`, send the same
 * requests. Its fixtures delete the agent first and then what belonged to it, so every test ends so.
 */
import { afterAll, describe, expect, it, onTestFinished } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import { KEY, servedEngine } from "../support/servedEngine.js"

type Json = Readonly<Record<string, unknown>>
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** How many cases the suite has. */
const CASES = 48
let cases = 0
const restates = (name: string, test: () => Promise<void>) => {
  cases++
  it(name, test)
}

const anId = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
/** A time as the models of the client parse it. */
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
const madeNow = { id: anId, created_at: time }
const changedNow = { id: anId, updated_at: time }

/** Members that the models of the client require. */
const AGENT = { id: anId, name: expect.any(String), model: expect.any(String) }
const SESSION = { id: anId, agent_id: anId }
const TOOL = { id: anId, type: "function", function: { name: expect.any(String), parameters: expect.any(Object) } }
const DOC = { id: anId, title: expect.any(String), content: expect.any(String), created_at: time }
const MESSAGE = { id: anId, role: expect.any(String), content: expect.any(String), created_at: time }
const REPLY = {
  id: anId,
  finish_reason: "stop",
  response: [[MESSAGE]],
  usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number), total_tokens: expect.any(Number) },
  doc_ids: { agent_doc_ids: expect.any(Array), user_doc_ids: expect.any(Array) }
}

/** `json.dumps` of the filter that every list of the managers sends. */
const filtering = (filter: Readonly<Record<string, string>> = {}) => {
  const entries = Object.entries(filter).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
  return `?${new URLSearchParams({ metadata_filter: `{${entries.join(", ")}}` })}`
}

const lookUp = {
  description: "finds a ship",
  name: "look up",
  parameters: { type: "object", properties: { ship: { type: "string", default: "Alma" } } }
}

/** Every option of a chat is sent; one that is not set is null. */
const chatOf = (messages: ReadonlyArray<Json>, options: Json = {}) => ({
  messages,
  tools: null,
  tool_choice: null,
  frequency_penalty: null,
  length_penalty: null,
  logit_bias: null,
  max_tokens: null,
  presence_penalty: null,
  repetition_penalty: null,
  response_format: null,
  seed: null,
  stop: null,
  stream: null,
  temperature: null,
  top_p: null,
  recall: true,
  remember: true,
  ...options
})

/** The client of one test, over an engine of its own. */
const python = async (script?: Scripted.Script) => {
  const { baseUrl, origin } = await servedEngine(script)
  const exchange = async (
    method: Method,
    url: string,
    json?: unknown,
    headers: Readonly<Record<string, string>> = {}
  ) => {
    const answered = await fetch(url, {
      method,
      // AsyncClient follows no redirect.
      redirect: "manual",
      headers: {
        accept: "*/*",
        "user-agent": "python-httpx/0.27.0",
        "x-fern-language": "Python",
        authorization: `Bearer ${KEY}`,
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) })
    })
    const text = await answered.text()
    expect([method, url, answered.ok, text]).toEqual([method, url, true, text])
    const body: Json = JSON.parse(text)
    return body
  }
  const call = (method: Method, path: string, json?: unknown, headers = {}) =>
    exchange(method, `${baseUrl}${path}`, json, headers)
  return {
    call,
    created: async (path: string, json: unknown) => {
      const made = await call("POST", path, json)
      expect(made).toMatchObject(madeNow)
      return String(made["id"])
    },
    list: async (path: string, query = ""): Promise<ReadonlyArray<unknown>> => {
      const { items } = await call("GET", `${path}${query}`)
      if (!Array.isArray(items)) throw new Error(`${path} has no list`)
      return items
    },
    chat: (session: string, messages: ReadonlyArray<Json>, options: Json = {}) =>
      call("POST", `/sessions/${session}/chat`, chatOf(messages, options), { accept: "application/json" }),
    history: (session: string) => call("GET", `/sessions/${session}/history`),
    v1: (path: string, json: Json) =>
      exchange("POST", `${origin}/v1${path}`, json, {
        accept: "application/json",
        "user-agent": "OpenAI/Python 1.34.0"
      })
  }
}

type Python = Awaited<ReturnType<typeof python>>

const aboutAgent = {
  name: "Ada",
  about: "answers",
  tools: [],
  default_settings: { temperature: 0.5 },
  model: "julep-ai/samantha-1-turbo",
  docs: [],
  metadata: { test: "test" },
  instructions: "Be brief."
}
const aboutUser = { name: "Sam", about: "asks", docs: [], metadata: { type: "test" } }
const aboutSession = { situation: "A quiet shop.", metadata: { type: "test" }, render_templates: false }

/** Deletes at the end of the test, in this order; all must succeed. */
const deleting = ({ call }: Python, ...paths: ReadonlyArray<string>) => {
  onTestFinished(async () => {
    for (const path of paths) await call("DELETE", path)
  })
}

const withAgent = async (script?: Scripted.Script) => {
  const client = await python(script)
  const agent = await client.created("/agents", aboutAgent)
  deleting(client, `/agents/${agent}`)
  return { client, agent }
}

const withUser = async () => {
  const client = await python()
  const user = await client.created("/users", aboutUser)
  deleting(client, `/users/${user}`)
  return { client, user }
}

const withSession = async (more: Json = {}, script?: Scripted.Script) => {
  const client = await python(script)
  const agent = await client.created("/agents", aboutAgent)
  const user = await client.created("/users", aboutUser)
  const session = await client.created("/sessions", { agent_id: agent, user_id: user, ...aboutSession, ...more })
  deleting(client, `/agents/${agent}`, `/users/${user}`, `/sessions/${session}`)
  return { client, agent, user, session }
}

const withTool = async () => {
  const client = await python()
  const agent = await client.created("/agents", aboutAgent)
  const tool = await client.created(`/agents/${agent}/tools`, { type: "function", function: lookUp })
  deleting(client, `/agents/${agent}`, `/agents/${agent}/tools/${tool}`)
  return { client, agent, path: `/agents/${agent}/tools/${tool}` }
}

const withDoc = async (owner: "agents" | "users") => {
  const client = await python()
  const id = await client.created(`/${owner}`, owner === "agents" ? aboutAgent : aboutUser)
  // The client loses the metadata of a doc.
  const doc = await client.created(`/${owner}/${id}/docs`, { title: "Tides", content: "High at six.", metadata: {} })
  deleting(client, `/${owner}/${id}`, `/${owner}/${id}/docs/${doc}`)
  return { client, docs: `/${owner}/${id}/docs`, doc }
}

const listsDoc = (owner: "agents" | "users") => async () => {
  const { client, doc, docs } = await withDoc(owner)
  expect(await client.list(docs, filtering())).toEqual([expect.objectContaining({ ...DOC, id: doc })])
}

describe("agents", () => {
  restates("create", async () => {
    const { client, agent } = await withAgent()
    expect(await client.call("GET", `/agents/${agent}`)).toMatchObject({ ...AGENT, name: "Ada", about: "answers" })
  })

  restates("create, with several instructions", async () => {
    const client = await python()
    const agent = await client.created("/agents", { ...aboutAgent, instructions: ["Be brief.", "Be kind."] })
    expect((await client.call("GET", `/agents/${agent}`))["instructions"]).toEqual(["Be brief.", "Be kind."])
  })

  restates("get", async () => {
    const { client, agent } = await withAgent()
    const got = await client.call("GET", `/agents/${agent}`)
    expect(got).toMatchObject({
      ...AGENT,
      id: agent,
      name: "Ada",
      about: "answers",
      created_at: time,
      updated_at: time
    })
    expect(got).toMatchObject({ metadata: { test: "test" }, default_settings: { temperature: 0.5 } })
  })

  restates("create, get and update, async", async () => {
    const { client, agent } = await withAgent()
    expect(await client.call("GET", `/agents/${agent}`)).toMatchObject({ id: agent, name: "Ada" })
    const changes = { name: "Eve", about: "knows", instructions: ["Be long."], metadata: { test: "test" } }
    expect(await client.call("PATCH", `/agents/${agent}`, changes)).toMatchObject({ ...changedNow, id: agent })
    expect(await client.call("GET", `/agents/${agent}`)).toMatchObject(changes)
  })

  restates("list", async () => {
    const { client, agent } = await withAgent()
    expect(await client.list("/agents", filtering())).toEqual([expect.objectContaining({ ...AGENT, id: agent })])
    expect(await client.list("/agents", filtering({ test: "test" }))).toHaveLength(1)
    expect(await client.list("/agents", filtering({ test: "other" }))).toEqual([])
  })

  restates("update", async () => {
    const { client, agent } = await withAgent()
    expect(await client.call("PATCH", `/agents/${agent}`, { name: "Eve" })).toMatchObject(changedNow)
    expect(await client.call("GET", `/agents/${agent}`)).toMatchObject({ name: "Eve", about: "answers" })
  })

  restates("update, overwriting", async () => {
    const { client, agent } = await withAgent()
    expect(await client.call("PUT", `/agents/${agent}`, { about: "knows", name: "Eve" })).toMatchObject(changedNow)
    expect(await client.call("GET", `/agents/${agent}`)).toMatchObject({ name: "Eve", about: "knows", metadata: {} })
  })
})

describe("users", () => {
  restates("create", async () => {
    const { client, user } = await withUser()
    expect(await client.call("GET", `/users/${user}`)).toMatchObject({ id: user, name: "Sam", about: "asks" })
  })

  restates("create, get and update, async", async () => {
    const { client, user } = await withUser()
    expect(await client.call("GET", `/users/${user}`)).toMatchObject({ id: user, name: "Sam", about: "asks" })
    const changes = { about: "knows", name: "Samuel", metadata: { type: "test" } }
    expect(await client.call("PATCH", `/users/${user}`, changes)).toMatchObject({ ...changedNow, id: user })
    expect(await client.call("GET", `/users/${user}`)).toMatchObject(changes)
  })

  restates("get", async () => {
    const { client, user } = await withUser()
    expect(await client.call("GET", `/users/${user}`)).toMatchObject({
      name: "Sam",
      created_at: time,
      updated_at: time
    })
  })

  restates("list", async () => {
    const { client, user } = await withUser()
    expect(await client.list("/users", filtering())).toEqual([expect.objectContaining({ id: user, name: "Sam" })])
    expect(await client.list("/users", filtering({ type: "other" }))).toEqual([])
  })

  restates("update", async () => {
    const { client, user } = await withUser()
    expect(await client.call("PATCH", `/users/${user}`, { about: "knows", name: "Samuel" })).toMatchObject(changedNow)
  })

  restates("update, overwriting", async () => {
    const { client, user } = await withUser()
    expect(await client.call("PUT", `/users/${user}`, { about: "knows", name: "Samuel" })).toMatchObject(changedNow)
  })

  restates("delete, and once more at the end", async () => {
    const { client, user } = await withUser()
    expect(await client.call("DELETE", `/users/${user}`)).toMatchObject({ id: user, deleted_at: time })
  })
})

describe("sessions", () => {
  const changes = { situation: "A loud shop.", metadata: { type: "test" } }

  const withoutUser = async () => {
    const client = await python()
    const agent = await client.created("/agents", aboutAgent)
    const session = await client.created("/sessions", { agent_id: agent, user_id: null, ...aboutSession })
    deleting(client, `/agents/${agent}`, `/sessions/${session}`)
    return { client, session }
  }

  const lists = async () => {
    const { client, session } = await withSession()
    expect(await client.list("/sessions", filtering())).toEqual([expect.objectContaining({ ...SESSION, id: session })])
  }

  restates("create", async () => {
    const { client, session } = await withSession()
    expect((await client.call("GET", `/sessions/${session}`))["situation"]).toBe("A quiet shop.")
  })

  restates("create, get and update, async", async () => {
    const { agent, client, session, user } = await withSession()
    const got = await client.call("GET", `/sessions/${session}`)
    expect(got).toMatchObject({ id: session, agent_id: agent, user_id: user, situation: "A quiet shop." })
    expect(await client.call("PATCH", `/sessions/${session}`, changes)).toMatchObject({ ...changedNow, id: session })
    expect(await client.call("GET", `/sessions/${session}`)).toMatchObject(changes)
  })

  restates("create, without a user", async () => {
    expect((await withoutUser()).session).toEqual(anId)
  })

  restates("get, without a user", async () => {
    const { client, session } = await withoutUser()
    const got = await client.call("GET", `/sessions/${session}`)
    expect(got).toMatchObject({ ...SESSION, id: session })
    expect(Object.values(got)).not.toContain(null)
  })

  restates("get", async () => {
    const { client, session } = await withSession()
    const got = await client.call("GET", `/sessions/${session}`)
    expect(got).toMatchObject({ id: session, situation: "A quiet shop.", created_at: time, updated_at: time })
  })

  restates("list", lists)
  restates("list, async", lists)

  restates("update", async () => {
    const { client, session } = await withSession()
    expect(await client.call("PATCH", `/sessions/${session}`, changes)).toMatchObject(changedNow)
  })

  restates("update, overwriting", async () => {
    const { client, session } = await withSession()
    expect(await client.call("PUT", `/sessions/${session}`, changes)).toMatchObject(changedNow)
    expect(await client.call("GET", `/sessions/${session}`)).toMatchObject(changes)
  })

  restates("chat", async () => {
    const { client, session } = await withSession()
    const reply = await client.chat(session, [{ role: "user", content: "Good day.", name: "Sam" }], {
      max_tokens: 120,
      presence_penalty: 0.5,
      repetition_penalty: 0.5,
      seed: 1,
      stream: false,
      temperature: 0.7,
      top_p: 0.9
    })
    expect(reply).toMatchObject(REPLY)
    expect(await client.history(session)).toMatchObject({
      items: [
        { ...MESSAGE, role: "user", content: "Good day.", name: "Sam" },
        { ...MESSAGE, role: "assistant" }
      ]
    })
  })

  restates("chat, with a template: the model reads the value", async () => {
    const repeats: Scripted.Script = ({ messages }) => Scripted.reply(String(messages[0]?.content))
    const template = {
      situation: "The ship is {{ session.metadata.ship }}.",
      metadata: { ship: "the Alma" },
      render_templates: true
    }
    const { client, session } = await withSession(template, repeats)
    const reply = await client.chat(session, [{ role: "user", content: "Which ship?" }], { max_tokens: 10 })
    expect(reply).toMatchObject({ response: [[{ content: expect.stringContaining("The ship is the Alma.") }]] })
  })

  restates("history, which is empty at first", async () => {
    const { client, session } = await withSession()
    expect(await client.history(session)).toEqual({ items: [] })
  })

  restates("delete_history", async () => {
    const { client, session } = await withSession()
    await client.chat(session, [{ role: "user", content: "Good day." }])
    await client.call("DELETE", `/sessions/${session}/history`)
    expect(await client.history(session)).toEqual({ items: [] })
  })

  restates("delete, and once more at the end", async () => {
    const { client, session } = await withSession()
    expect(await client.call("DELETE", `/sessions/${session}`)).toMatchObject({ id: session, deleted_at: time })
  })

  restates("chat with an image, then with a text", async () => {
    const { client, session } = await withSession()
    const image = [{ type: "image_url", image_url: { url: "https://example.com/ship.png" } }]
    await client.chat(session, [{ role: "user", content: image }])
    await client.chat(session, [{ role: "user", content: "Which ship is it?" }])
    expect(await client.history(session)).toMatchObject({
      items: [{ content: image }, MESSAGE, { content: "Which ship is it?" }, MESSAGE]
    })
  })
})

describe("docs", () => {
  restates("create, of an agent", async () => {
    expect((await withDoc("agents")).doc).toEqual(anId)
  })
  restates("create, of a user", async () => {
    expect((await withDoc("users")).doc).toEqual(anId)
  })
  restates("list, of an agent", listsDoc("agents"))
  restates("list, of a user", listsDoc("users"))
  restates("create and list, of an agent, async", listsDoc("agents"))
  restates("create and list, of a user, async", listsDoc("users"))
})

describe("tools", () => {
  const listsTool = async () => {
    const { agent, client } = await withTool()
    const tools = await client.list(`/agents/${agent}/tools`)
    expect(tools).toEqual([expect.objectContaining({ ...TOOL, function: lookUp })])
  }
  const updates = async () => {
    const { client, path } = await withTool()
    expect(await client.call("PATCH", path, { function: lookUp })).toMatchObject(changedNow)
  }

  restates("create", async () => {
    expect((await withTool()).path).toContain("/tools/")
  })
  restates("update", updates)
  restates("get, which lists them", listsTool)
  restates("create, get and update, async", async () => {
    const { agent, client, path } = await withTool()
    expect(await client.list(`/agents/${agent}/tools`)).toHaveLength(1)
    expect(await client.call("PATCH", path, { function: { ...lookUp, name: "look again" } })).toMatchObject(changedNow)
    expect(await client.list(`/agents/${agent}/tools`)).toMatchObject([{ function: { name: "look again" } }])
  })
  restates("get, async", listsTool)
  restates("get, async, of an agent without tools", async () => {
    const { agent, client } = await withAgent()
    expect(await client.list(`/agents/${agent}/tools`)).toEqual([])
  })
  restates("update, async", updates)
})

restates("memories: their agent and their user", async () => {
  const { agent, client, session, user } = await withSession()
  await client.chat(session, [{ role: "user", content: "I drink green tea, always." }])
  const query = `?query=tea&user_id=${user}&limit=100&offset=0`
  const memory = {
    id: anId,
    agent_id: agent,
    user_id: user,
    content: expect.any(String),
    created_at: time,
    entities: []
  }
  expect(await client.list(`/agents/${agent}/memories`, query)).toEqual([expect.objectContaining(memory)])
})

restates("a conversation from its agent to its end", async () => {
  const client = await python()
  const settings = { temperature: 1.5, min_p: 0.01, repetition_penalty: 1.05 }
  const instructions = ["Be brief.", "Be kind.", "Stay calm."]
  const agent = await client.created("/agents", {
    ...aboutAgent,
    instructions,
    default_settings: settings,
    metadata: {}
  })
  const user = await client.created("/users", { name: "Sam", about: "asks", docs: [], metadata: {} })
  const of = { agent_id: agent, user_id: user, situation: "At sea.", metadata: {}, render_templates: false }
  const session = await client.created("/sessions", of)
  const reply = await client.chat(session, [{ role: "user", content: "Good day!" }], { max_tokens: 200, stream: false })
  expect(reply).toMatchObject(REPLY)
  for (const path of [`/sessions/${session}`, `/users/${user}`, `/agents/${agent}`]) await client.call("DELETE", path)
})

describe("completions", () => {
  const model = "julep-ai/samantha-1-turbo"
  const completes = async () => {
    const answer = await (await python()).v1("/completions", { model, prompt: "At sea", temperature: 0.7, min_p: 0.1 })
    expect(answer).toMatchObject({ choices: [{ text: expect.stringMatching(/./) }] })
  }
  const answers = async () => {
    const messages = [{ role: "system", content: "Good day!" }]
    const answer = await (await python()).v1("/chat/completions", { messages, model, temperature: 0.7, min_p: 0.1 })
    expect(answer).toMatchObject({ choices: [{ message: { role: "assistant", content: expect.stringMatching(/./) } }] })
  }
  restates("completions.create", completes)
  restates("completions.create, async", completes)
  restates("chat.completions.create", answers)
  restates("chat.completions.create, async", answers)
})

afterAll(() => {
  expect(cases).toBe(CASES)
})
