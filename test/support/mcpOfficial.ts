/** A server of the official SDK with tools of every kind. As a program, it serves on stdio. */
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server"
import { serveStdio } from "@modelcontextprotocol/server/stdio"

const text = (text: string) => ({ content: [{ type: "text" as const, text }] })
const PIXEL = "iVBORw0KGgo="

const sumOf = (args: unknown): number => {
  const { a, b } = args as { readonly a: number; readonly b: number }
  return a + b
}

export const official = (): McpServer => {
  const events: Array<string> = []
  const server = new McpServer({ name: "official", version: "1" })
  const input = fromJsonSchema({
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a", "b"]
  })
  const output = fromJsonSchema({ type: "object", properties: { sum: { type: "number" } }, required: ["sum"] })
  server.registerTool(
    "add",
    { description: "Adds two numbers", inputSchema: input, outputSchema: output, annotations: { readOnlyHint: true } },
    (args) => ({ content: [], structuredContent: { sum: sumOf(args) } })
  )
  server.registerTool("picture", { description: "Draws" }, () => ({
    content: [
      { type: "text", text: "Here it is" },
      { type: "image", data: PIXEL, mimeType: "image/png" },
      { type: "resource", resource: { uri: "file:///a.txt", text: "inside" } },
      { type: "resource", resource: { uri: "file:///a.bin", blob: PIXEL, mimeType: "application/zip" } },
      { type: "resource_link", uri: "file:///b.txt", name: "b" }
    ]
  }))
  server.registerTool("nothing", {}, () => ({ content: [] }))
  server.registerTool("fails", { annotations: { destructiveHint: true } }, () => ({
    ...text("out of ink"),
    isError: true
  }))
  server.registerTool("throws", {}, () => {
    throw new Error("broken")
  })
  server.registerTool("environment", {}, () => text(Object.keys(process.env).sort().join(" ")))
  server.registerTool("die", {}, () => process.exit(1))
  server.registerTool("wait", { description: "Never ends" }, ({ mcpReq: { signal } }) => {
    events.push("waits")
    return new Promise(() => signal.addEventListener("abort", () => events.push("cancelled")))
  })
  server.registerTool("events", { description: "What became of calls of wait" }, () => text(events.join(" ")))
  return server
}

if (process.argv[2] === "stdio") serveStdio(() => official())
