/** The language server of TypeScript, asked about one source text beside the tests: what its editor shows. */
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "../..")

interface Position {
  readonly line: number
  readonly character: number
}

/** Where a text begins in a source. */
const positionOf = (source: string, text: string, skip = 0): Position => {
  const before = source.slice(0, source.indexOf(text) + skip).split("\n")
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 }
}

/** Hovers over texts of a source, and the messages of its compile errors. The source is as if it were in `test`. */
export const ask = async (
  source: string,
  texts: ReadonlyArray<string>
): Promise<{ readonly hovers: ReadonlyArray<string>; readonly errors: ReadonlyArray<string> }> => {
  const server = spawn(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--lsp", "--stdio"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"]
  })
  const waiting = new Map<number, (result: unknown) => void>()
  let received = Buffer.alloc(0)
  server.stdout.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    for (;;) {
      const end = received.indexOf("\r\n\r\n")
      const length = Number(/Content-Length: (\d+)/i.exec(received.subarray(0, Math.max(end, 0)).toString())?.[1])
      if (end < 0 || received.length < end + 4 + length) return
      const message = JSON.parse(received.subarray(end + 4, end + 4 + length).toString())
      received = received.subarray(end + 4 + length)
      if ("method" in message && "id" in message) send({ id: message.id, result: null })
      else waiting.get(message.id)?.(message.result)
    }
  })
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  let id = 0
  const request = (method: string, params: object): Promise<unknown> =>
    new Promise((resolve) => {
      id++
      waiting.set(id, resolve)
      send({ id, method, params })
    })
  try {
    const uri = pathToFileURL(join(root, "test/hovered.ts")).href
    await request("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(root).href,
      capabilities: { textDocument: { hover: { contentFormat: ["plaintext"] }, diagnostic: {} } }
    })
    send({ method: "initialized", params: {} })
    send({
      method: "textDocument/didOpen",
      params: { textDocument: { uri, languageId: "typescript", version: 1, text: source } }
    })
    const textDocument = { uri }
    const hovers: Array<string> = []
    for (const text of texts) {
      const skip = text.lastIndexOf(".") + 1
      const hover = await request("textDocument/hover", { textDocument, position: positionOf(source, text, skip) })
      const { contents } = (hover ?? {}) as { readonly contents?: { readonly value?: string } }
      hovers.push(contents?.value ?? "")
    }
    const report = await request("textDocument/diagnostic", { textDocument })
    const errors = (report as { readonly items?: ReadonlyArray<{ readonly message: string }> }).items ?? []
    return { hovers, errors: errors.map(({ message }) => message) }
  } finally {
    server.kill()
  }
}
