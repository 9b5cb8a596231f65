/** Promises reject with the error classes themselves, with a stack that points to the caller. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { inspect, types } from "node:util"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Embedded } from "../../src/embedded.js"
import {
  BadRequest,
  Client,
  type ClientOptions,
  Conflict,
  ConnectionError,
  InvalidRequest,
  JulepConfigError,
  NotFound,
  RateLimited,
  type ResponseInfo,
  RetryPolicy,
  ServerError,
  StreamInterrupted,
  TimeoutError,
  Unauthorized,
  UnexpectedResponse,
  UnprocessableRequest
} from "../../src/promise/index.js"
import { KEY, servedEngine } from "../support/servedEngine.js"
import { closing } from "./support/clients.js"
import { clientOf, deserted, event, hello, ID, json, listen, rejection, said, sse } from "./support/server.js"

const unset = (...names: ReadonlyArray<string>) => {
  for (const name of names) vi.stubEnv(name, undefined)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
}

const thrown = (make: () => unknown): Error => {
  try {
    make()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error("nothing was thrown")
}

/** The frames of a stack that are of this file. */
const ownFrames = (error: unknown) =>
  (error instanceof Error ? (error.stack ?? "") : "").split("\n").filter((line) => line.includes("errors.test.ts"))

describe("the configuration", () => {
  it("is checked when the client is made", () => {
    unset("JULEP_API_KEY", "JULEP_API_URL", "JULEP_TIMEOUT")
    const missing = thrown(() => new Client())
    expect(missing).toBeInstanceOf(JulepConfigError)
    expect(missing.message).toContain("JULEP_API_KEY is not set")
    expect(ownFrames(missing).length).toBeGreaterThan(0)
    const given = { apiKey: "k", baseUrl: "https://host.test/api" }
    expect(() => new Client(given)).not.toThrow()
    const bad: ReadonlyArray<ClientOptions> = [
      { ...given, apiKey: " " },
      { ...given, baseUrl: "ftp://host.test" },
      { ...given, baseUrl: "nowhere" },
      { ...given, timeout: -1 },
      { apiKey: "k" },
      { baseUrl: "https://host.test" }
    ]
    for (const options of bad) expect(() => new Client(options), JSON.stringify(options)).toThrow(JulepConfigError)
  })

  it("is read from the environment, under the options", async () => {
    unset("JULEP_API_KEY", "JULEP_API_URL", "JULEP_TIMEOUT")
    const server = await listen(({ response }) => json(response, 200, { items: [] }))
    vi.stubEnv("JULEP_API_KEY", "from-environment")
    vi.stubEnv("JULEP_API_URL", `${server.baseUrl}/`)
    await new Client().agents.list()
    await new Client({ apiKey: "explicit", headers: { "x-a": "1" } }).agents.list(
      { limit: 3 },
      { headers: { "x-b": "2" } }
    )
    expect(server.arrived.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer from-environment",
      "Bearer explicit"
    ])
    expect(server.arrived[1]).toMatchObject({ path: "/api/agents?limit=3", headers: { "x-a": "1", "x-b": "2" } })
    vi.stubEnv("JULEP_TIMEOUT", "soon")
    expect(thrown(() => new Client())).toBeInstanceOf(JulepConfigError)
  })

  it("needs no process", () => {
    vi.stubGlobal("process", undefined)
    onTestFinished(() => {
      vi.unstubAllGlobals()
    })
    expect(thrown(() => new Client())).toBeInstanceOf(JulepConfigError)
    expect(() => new Client({ apiKey: "k", baseUrl: "https://host.test" })).not.toThrow()
  })

  it("sends with a fetch of the caller", async () => {
    const urls: Array<unknown> = []
    const client = new Client({
      apiKey: "k",
      baseUrl: "https://host.test/api",
      fetch: async (input) => {
        urls.push(String(input))
        return Response.json({ items: [] })
      }
    })
    expect(await client.users.list()).toEqual([])
    expect(urls).toEqual(["https://host.test/api/users"])
  })

  it("keeps the key out of what is printed", async () => {
    const client = new Client({ apiKey: "sk-secret-0123456789", baseUrl: "http://127.0.0.1:9" })
    expect(inspect(client, { depth: 9, showHidden: true })).not.toContain("sk-secret")
    expect(JSON.stringify(client)).not.toContain("sk-secret")
  })
})

describe("a rejection", () => {
  const answers = [
    [400, BadRequest],
    [401, Unauthorized],
    [403, Unauthorized],
    [404, NotFound],
    [409, Conflict],
    [422, UnprocessableRequest],
    [429, RateLimited],
    [500, ServerError],
    [418, UnexpectedResponse]
  ] as const
  it.each(answers)("of status %i is its class", async (status, Class) => {
    const server = await listen(({ response }) => {
      response.setHeader("x-request-id", "req-7")
      json(response, status, { error: { message: "no", code: "NO" }, detail: "no" })
    })
    const client = clientOf(server)
    async function asker() {
      return await client.agents.update(ID, {})
    }
    const error = await rejection(asker())
    expect(error).toBeInstanceOf(Class)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ status, requestId: "req-7", method: "PATCH", path: `/api/agents/${ID}` })
    expect(ownFrames(error)[0]).toContain("asker")
    expect(JSON.stringify(error)).not.toContain("sk-secret")
  })

  it("of what is not sent is InvalidRequest, whatever the method", async () => {
    const server = await listen()
    const client = clientOf(server)
    const bad = ["../x", "a/b", "", "a?b"]
    for (const id of bad) {
      expect(await rejection(client.agents.get(id))).toBeInstanceOf(InvalidRequest)
      expect(await rejection(client.sessions.chatStream(id, hello).accumulate())).toBeInstanceOf(InvalidRequest)
      expect(await rejection(client.sessions.historyAll(id)[Symbol.asyncIterator]().next())).toBeInstanceOf(
        InvalidRequest
      )
    }
    expect(await rejection(client.docs.create({ agent_id: "x", doc: { title: "", content: "" } }))).toMatchObject({
      issues: [{ path: "agent_id" }]
    })
    expect(await rejection(client.agents.list({}, { timeout: -5 }))).toBeInstanceOf(InvalidRequest)
    // @ts-expect-error an absent input also rejects, and never throws
    expect(await rejection(client.docs.list())).toBeInstanceOf(Error)
    expect(server.arrived).toHaveLength(0)
  })

  it("distinguishes a lost connection from a timeout", async () => {
    const server = await listen()
    const unreachable = new Client({ apiKey: "k", baseUrl: await deserted(), retry: false })
    expect(await rejection(unreachable.agents.list())).toMatchObject({ _tag: "ConnectionError", reason: "refused" })
    expect(await rejection(unreachable.agents.list())).toBeInstanceOf(ConnectionError)
    expect(await rejection(clientOf(server).agents.list({}, { timeout: 20 }))).toMatchObject({ phase: "total" })
    expect(await rejection(clientOf(server, { timeout: { headers: "20 millis" } }).agents.list())).toBeInstanceOf(
      TimeoutError
    )
  })

  it("of a stream comes after what had arrived", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("Half a "))
      event(response, said("reply"))
      response.end()
    })
    const client = clientOf(server)
    const texts: Array<unknown> = []
    const read = async () => {
      for await (const { response } of client.sessions.chatStream(ID, hello)) texts.push(response[0]?.[0]?.content)
    }
    const error = await rejection(read())
    expect(error).toBeInstanceOf(StreamInterrupted)
    expect(error).toMatchObject({ text: "Half a reply" })
    expect(ownFrames(error)[0]).toContain("read")
    expect(texts).toEqual(["Half a ", "reply"])
    expect(await rejection(client.sessions.chatStream(ID, hello).accumulate())).toBeInstanceOf(StreamInterrupted)
    const reader = client.sessions.chatStream(ID, hello).toReadableStream().getReader()
    await reader.read()
    await reader.read()
    expect(await rejection(reader.read())).toBeInstanceOf(StreamInterrupted)
    expect(await rejection(reader.closed)).toBeInstanceOf(StreamInterrupted)
  })
})

describe("request options", () => {
  it("retry, as a policy in plain values", async () => {
    const server = await listen(({ response }, index) =>
      index < 3 ? json(response, 503, {}) : json(response, 200, { items: [] })
    )
    const retry = { ...RetryPolicy.standard, times: 3, baseDelay: "1 millis" } as const
    expect(RetryPolicy.standard).toMatchObject({ times: 2, baseDelay: 500, maxRetryAfter: 60_000 })
    expect(await clientOf(server).agents.list({}, { retry })).toEqual([])
    expect(server.arrived).toHaveLength(4)
    const patient = clientOf(server, { retry: { ...retry, while: () => false } })
    expect(await patient.agents.list()).toEqual([])
  })

  it("send an idempotency key, and report the response", async () => {
    const server = await listen(({ response }) => {
      response.setHeader("x-request-id", "req-9")
      json(response, 201, { id: ID, created_at: "2031-04-05T06:07:08Z" })
    })
    const responses: Array<ResponseInfo> = []
    await clientOf(server).users.create(
      { name: "Sam" },
      { idempotencyKey: "once", onResponse: (info) => responses.push(info) }
    )
    expect(server.arrived[0]?.headers["idempotency-key"]).toBe("once")
    expect(responses).toMatchObject([{ status: 201, requestId: "req-9" }])
  })
})

it("an error is the object itself, so that test frameworks and inspectors can print it", async () => {
  const client = closing(Client.embedded({ storage: "memory", model: "offline" }))
  const error = await rejection(client.agents.get("00000000-0000-4000-8000-000000000000"))
  expect(error).toBeInstanceOf(NotFound)
  // The diff of vitest overflows its stack on the proxies that Effect makes of errors that pass a span.
  expect(types.isProxy(error)).toBe(false)
})

describe("an engine that does not start", () => {
  const folder = () => {
    const made = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-promise-"))
    onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }))
    return made
  }

  it("rejects the call with the storage's own error, and the next call tries again", async () => {
    const file = path.join(folder(), "a.db")
    fs.writeFileSync(file, "this is not a database, and it is long enough to be read as the header of one".repeat(10))
    const client = closing(Client.embedded({ storage: { file }, model: "offline" }))
    const [first, second] = await Promise.all([rejection(client.agents.list()), rejection(client.users.list())])
    expect(first).toBeInstanceOf(Embedded.StorageOpenError)
    expect(second).toBeInstanceOf(Embedded.StorageOpenError)
    expect(first).toMatchObject({ file, reason: "not-a-database" })
    fs.rmSync(file)
    expect(await client.agents.list()).toEqual([])
  })

  it("is a configuration error where the options are wrong", async () => {
    const client = closing(Client.embedded({ storage: "memory", model: { url: "nowhere" } }))
    expect(await rejection(client.agents.list())).toBeInstanceOf(JulepConfigError)
    expect(await rejection(client.agents.listAll()[Symbol.asyncIterator]().next())).toBeInstanceOf(JulepConfigError)
  })

  it("acts for its developer alone, whose id must be a UUID", async () => {
    const file = path.join(folder(), "shared.db")
    const as = (developer?: string) => closing(Client.embedded({ storage: { file }, model: "offline", developer }))
    const one = as("8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10")
    const { id } = await one.agents.create({ name: "Ada" })
    const other = as("0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70")
    expect(await other.agents.list()).toEqual([])
    expect(await rejection(other.agents.get(id))).toMatchObject({ _tag: "NotFound" })
    expect(await one.agents.list()).toHaveLength(1)
    const unnamed = await rejection(as("acme").agents.list())
    expect(unnamed).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining('"acme"') })
  })

  it("keeps its rows in the file", async () => {
    const file = path.join(folder(), "kept.db")
    const before = Client.embedded({ storage: { file }, model: "offline" })
    const { id } = await before.agents.create({ name: "Ada" })
    await before.close()
    const after = closing(Client.embedded({ storage: { file }, model: "offline" }))
    expect((await after.agents.get(id)).name).toBe("Ada")
  })

  it("in memory reads nothing of the environment", async () => {
    vi.stubEnv("JULEP_DATABASE_URL", "mysql://nowhere")
    vi.stubEnv("MODEL_INFERENCE_URL", "nowhere")
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    expect(await closing(Client.embedded({ storage: "memory" })).agents.list()).toEqual([])
    expect(await rejection(closing(Client.embedded({ model: "offline" })).agents.list())).toBeInstanceOf(
      JulepConfigError
    )
  })
})

it("a wrong key is Unauthorized", async () => {
  const { apiKey, baseUrl } = await servedEngine()
  expect(apiKey).toBe(KEY)
  expect(await rejection(new Client({ baseUrl, apiKey: "wrong" }).agents.list())).toBeInstanceOf(Unauthorized)
})
