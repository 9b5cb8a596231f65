import { readFileSync } from "node:fs"
import { join } from "node:path"
import { transformSync } from "esbuild"
import { root } from "../support.mjs"
import { assertConverses, bin, command, KEY, start, versionOf, write } from "./project.mjs"

const PACKAGES = ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"]

const layout = `export default ({ children }) => <html lang="en"><body>{children}</body></html>
`
const page = (url) => `import { Julep } from "effect-julep"
import { converseOver } from "../converse.js"
export const dynamic = "force-dynamic"
export default async function Page() {
  const given = await converseOver(Julep.layerFetch({ apiKey: "${KEY}", baseUrl: "${url}" }))
  return <pre id="given">{given.whole}</pre>
}
`
const clientPage = `"use client"
import { Client, messageText } from "effect-julep/promise"
import { useState } from "react"
export default function Page() {
  const [text, setText] = useState("Ask")
  const ask = async () => {
    const client = new Client({ apiKey: "key", baseUrl: "/api" })
    const messages = [{ role: "user", content: "How long does tea take?" }]
    setText(messageText(await client.sessions.chat("00000000-0000-4000-8000-000000000000", { messages })))
  }
  return <button type="button" onClick={ask}>{text}</button>
}
`
const route = (module) => `import { main } from "../../${module}.js"
export const dynamic = "force-dynamic"
export const GET = async () => Response.json(await main())
`

/** The example of a route, without its types: the project has no TypeScript. */
const example = () =>
  transformSync(readFileSync(join(root, "examples", "promise", "next.ts"), "utf8"), { loader: "ts" }).code

/** Nothing that the package needs: without these, a build of this size takes twice as long. */
const config = `export default {
  experimental: { turbopackFileSystemCacheForBuild: false, turbopackMinify: false, turbopackSourceMaps: false }
}
`

const env = { NEXT_TELEMETRY_DISABLED: "1", CI: "1" }

/** Builds the application without warnings, starts it, and returns what it answers to requests: paths, perhaps with options. */
const answers = async (folder, requests) => {
  const printed = command(process.execPath, [bin(folder, "next"), "build"], { cwd: folder, env })
  if (/warn|can't resolve/i.test(printed)) throw new Error(`next build warns:\n${printed}`)
  const server = await start(
    process.execPath,
    [bin(folder, "next"), "start", "-p", "0", "-H", "127.0.0.1"],
    /127\.0\.0\.1:(\d+)/,
    {
      cwd: folder,
      env
    }
  )
  try {
    const texts = []
    for (const [path, init] of requests.map((request) => [request].flat())) {
      const response = await fetch(`http://127.0.0.1:${server.match}${path}`, init)
      const text = await response.text()
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
      texts.push(text)
    }
    return texts
  } finally {
    server.stop()
  }
}

export const next = {
  name: "Next.js",
  packages: PACKAGES,
  version: ({ folder }) => versionOf(folder, "next"),
  remote: async ({ folder, url }) => {
    write(folder, {
      "next.config.js": config,
      "app/layout.jsx": layout,
      "app/page.jsx": page(url),
      "app/browser/page.jsx": clientPage,
      "app/remote/route.js": route("remote")
    })
    const [serverComponent, clientComponent, remote] = await answers(folder, ["/", "/browser", "/remote"])
    if (!serverComponent.includes("four minutes")) throw new Error(`the server component answered ${serverComponent}`)
    if (!clientComponent.includes("Ask</button>")) throw new Error(`the client component answered ${clientComponent}`)
    assertConverses(remote)
    return "Turbopack, no optional package: a route, a server component and a client component"
  }
}

export const nextEngine = {
  name: "Next.js",
  packages: PACKAGES,
  version: next.version,
  engine: async ({ folder }) => {
    write(folder, {
      "next.config.js": config,
      "app/layout.jsx": layout,
      "app/remote/route.js": route("remote"),
      "app/embedded/route.js": route("embedded"),
      "app/api/chat/route.js": example()
    })
    const body = JSON.stringify({ text: "How long can I return a bag?" })
    const requests = ["/embedded", "/remote", ["/api/chat", { method: "POST", body }]]
    const [embedded, remote, events] = await answers(folder, requests)
    if (!events.includes('" 30"') || !events.endsWith("data: [DONE]\n\n"))
      throw new Error(`the example answered ${events}`)
    assertConverses(embedded)
    assertConverses(remote)
    return "Turbopack, with libsql: a route with the engine and the example of a route, without configuration"
  }
}
