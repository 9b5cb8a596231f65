/** Options of a wrong name are refused, as members of inputs are: they would do nothing. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Client, InvalidRequest, JulepConfigError } from "../../src/promise/index.js"
import { closing, embeddedClient } from "./support/clients.js"
import { ID, rejection } from "./support/server.js"

/** Options of a program without types. */
const untyped = (options: object) => options as never

const server = { apiKey: "secret", baseUrl: "http://127.0.0.1:1/api" }

/** What a call rejects with, of an engine with these options. */
const refusal = (options: object) => rejection(closing(Client.embedded(untyped(options))).agents.list())

describe("an unknown option", () => {
  it.each([
    [{ apikey: "secret", baseUrl: server.baseUrl }, "`apikey` is not an option of a client. Did you mean `apiKey`?"],
    [{ ...server, timeout: { totl: 5 } }, "`totl` is not an option of timeout. Did you mean `total`?"],
    [{ ...server, colour: "red" }, "`colour` is not an option of a client."],
    [
      { storage: { file: "julep.db" } },
      "`storage` is not an option of a client. Embedded.layer() and Client.embedded() take it."
    ]
  ])("of a client %o", (options, message) => {
    expect(() => new Client(untyped(options))).toThrow(new JulepConfigError({ message }))
  })

  it.each([
    [{ storag: "memory" }, "`storag` is not an option of an engine. Did you mean `storage`?"],
    [{ storage: "memory", apiKey: "x" }, "`apiKey` is not an option of an engine."],
    [
      { storage: "memory", model: { url: "http://127.0.0.1:1/v1", nmae: "m" } },
      "`nmae` is not an option of model. Did you mean `name`?"
    ],
    [
      { storage: "memory", embedder: { url: "http://127.0.0.1:1/v1", name: "m", dimension: 3 } },
      "`dimension` is not an option of embedder. Did you mean `dimensions`?"
    ],
    [
      { storage: "memory", summarization: { treshold: 3 } },
      "`treshold` is not an option of summarization. Did you mean `threshold`?"
    ],
    [{ storage: "memory", suggestions: { turn: 3 } }, "`turn` is not an option of suggestions. Did you mean `turns`?"]
  ])("of an engine %o", async (options, message) => {
    expect(await refusal(options)).toEqual(new JulepConfigError({ message }))
  })

  it("of an engine opens no store", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "julep-options-"))
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder)
    onTestFinished(() => {
      cwd.mockRestore()
      fs.rmSync(folder, { recursive: true })
    })
    expect(await refusal({ storag: "memory" })).toBeInstanceOf(JulepConfigError)
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it("of a reindex and of a backup", async () => {
    expect(await rejection(Client.reindex(untyped({ storag: { file: "a" } })))).toMatchObject({
      _tag: "JulepConfigError",
      message: "`storag` is not an option of reindex. Did you mean `storage`?"
    })
    expect(await rejection(Client.backup("b", untyped({ storag: { file: "a" } })))).toMatchObject({
      _tag: "JulepConfigError",
      message: "`storag` is not an option of backup. Did you mean `storage`?"
    })
  })

  it.each<[string, string, (client: Client) => Promise<unknown>]>([
    [
      "timeot",
      "`timeot` is not an option of a request. Did you mean `timeout`?",
      (client) => client.sessions.chat(ID, "x", untyped({ timeot: 1 }))
    ],
    [
      "timeot",
      "`timeot` is not an option of a request. Did you mean `timeout`?",
      (client) => client.sessions.chatStream(ID, "x", untyped({ timeot: 1 })).accumulate()
    ],
    [
      "timeout",
      "`heders` is not an option of timeout. Did you mean `headers`?",
      (client) => client.agents.get(ID, { timeout: untyped({ heders: 1 }) })
    ],
    [
      "timout",
      "`timout` is not an option of jobs.await. Did you mean `timeout`?",
      (client) => client.jobs.await(ID, untyped({ timout: 1 }))
    ],
    [
      "prun",
      "`prun` is not an option of docs.sync. Did you mean `prune`?",
      (client) => client.docs.sync({ agent_id: ID }, [], untyped({ prun: true }))
    ],
    [
      "overwrit",
      "`overwrit` is not an option of an update. Did you mean `overwrite`?",
      (client) => client.agents.update(ID, {}, untyped({ overwrit: true }))
    ]
  ])("of a request: %s", async (name, message, call) => {
    const error = await rejection(call(embeddedClient()))
    expect(error).toBeInstanceOf(InvalidRequest)
    expect(error).toMatchObject({ issues: [{ path: name, message }] })
    expect(String(error)).toContain(message)
  })

  it("that is undefined is not there", async () => {
    const client = closing(Client.embedded(untyped({ storage: "memory", storag: undefined })))
    expect(await client.agents.list({}, untyped({ timeot: undefined }))).toEqual([])
  })
})
