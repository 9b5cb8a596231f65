/** Clients of promises over an engine in memory and over a loopback server, closed when the test ends. */
import { onTestFinished } from "vitest"
import type * as Scripted from "../../../src/layers/Scripted.js"
import { Client } from "../../../src/promise/index.js"
import { servedEngine } from "../../support/servedEngine.js"

/** The client, closed when the test ends. */
export const closing = (client: Client): Client => {
  onTestFinished(() => client.close())
  return client
}

/** A client of a new engine in memory, with the offline model. */
export const embeddedClient = (): Client => closing(Client.embedded({ storage: "memory", model: "offline" }))

/** A client of a server of the same. */
export const remoteClient = async (script?: Scripted.Script): Promise<Client> => {
  const { apiKey, baseUrl } = await servedEngine(script)
  return closing(new Client({ apiKey, baseUrl }))
}

/** The two modes, as ways to make a client. */
export const modes: ReadonlyArray<readonly [name: string, make: () => Client | Promise<Client>]> = [
  ["embedded", embeddedClient],
  ["remote", () => remoteClient()]
]
