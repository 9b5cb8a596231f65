/** Another embedder, as a program without Effect changes to it. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { Client, JulepConfigError } from "../../src/promise/index.js"
import { vectorOf } from "../support/wordVectors.js"
import { json, listen, rejection } from "./support/server.js"

const temporaryFile = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-reindex-"))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return path.join(folder, "julep.db")
}

it("docs are recalled by another embedder once they are embedded again", async () => {
  const storage = { file: temporaryFile() }
  const server = await listen(({ body, response }) => {
    const { input, model } = JSON.parse(body)
    const dimensions = Number(String(model).split("-")[1])
    const data = Array.from(input, (text, index) => ({ index, embedding: [...vectorOf(String(text), dimensions)] }))
    json(response, 200, { data })
  })
  const embedder = (name: string) => ({ url: `${server.baseUrl}/v1`, name })
  const on = async <A>(name: string, use: (client: Client) => Promise<A>) => {
    const client = Client.embedded({ storage, model: "offline", embedder: embedder(name) })
    try {
      return await use(client)
    } finally {
      await client.close()
    }
  }
  const agent = await on("words-256", async (client) => {
    const { id } = await client.agents.create({ name: "Ada" })
    const doc = { title: "", content: ["automobiles for sale", "trains to Lisbon"] } as const
    const { jobs } = await client.docs.create({ agent_id: id, doc })
    for (const job of jobs) await client.jobs.await(job)
    return id
  })
  const asks = async (client: Client) => {
    const session = await client.sessions.create({ agent_id: agent })
    const reply = await client.sessions.chat(session.id, {
      messages: [{ role: "user", content: "car" }],
      recall: { threshold: 0.2 }
    })
    return reply.recalled?.snippets.map(({ content }) => content)
  }
  const refused = await rejection(on("others-64", asks))
  expect(String(refused)).toContain("Client.reindex")
  expect(await Client.reindex({ storage, embedder: embedder("others-64") })).toBe(1)
  expect(await on("others-64", asks)).toEqual(["automobiles for sale"])
})

it("an embedder that cannot work is refused as a client's would be", async () => {
  const embedder = { url: "nowhere", name: "m" }
  expect(await rejection(Client.reindex({ storage: { file: temporaryFile() }, embedder }))).toBeInstanceOf(
    JulepConfigError
  )
})
