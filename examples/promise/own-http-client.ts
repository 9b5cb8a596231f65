/**
 * The client over your own `fetch`: wrapped, and through a proxy. This example starts its own server and proxy.
 * `npx tsx examples/promise/own-http-client.ts`
 */
import { Client } from "effect-julep/promise"
import { answering, reverseProxy } from "../support/servers.js"

const server = await answering({ status: 200, body: { items: [] } })
const proxy = await reverseProxy(server.url, (path) => console.log(`  the proxy passes on ${path}`))
const options = { apiKey: "secret", baseUrl: `${server.url}/api` }

const run = async (client: Client) => {
  const agents = await client.agents.list()
  console.log(`  ${agents.length} agents`)
}

// A `fetch` around the platform's. It sees every attempt. Pass `init` on: its signal closes the connection.
console.log("wrapped")
const noted: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers)
  headers.set("x-tenant", "acme")
  console.log(`  ${init?.method} for ${headers.get("x-tenant")}`)
  const response = await fetch(input, { ...init, headers })
  console.log(`  answered ${response.status}`)
  return response
}
await run(new Client({ ...options, fetch: noted }))

// For a gateway or reverse proxy, set the base URL.
console.log("through a gateway")
await run(new Client({ ...options, baseUrl: `${proxy.url}/api` }))

// For a forward proxy on Node, use the `fetch` of the package undici with a dispatcher:
//
//   import { fetch as undici, ProxyAgent } from "undici"
//   const dispatcher = new ProxyAgent("http://proxy:3128")
//   const proxied = (input, init) => undici(input, { ...init, dispatcher })
//
// or, from Node 24 on, NODE_USE_ENV_PROXY=1 and HTTPS_PROXY in the environment.

await Promise.all([server.close(), proxy.close()])
