/** The program as it is published: bundled, in processes of its own. */
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { buildProgram } from "../../scripts/program.mjs"

const root = path.resolve(import.meta.dirname, "../..")
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
const main = path.join(folder, "dist", "bin", "main.js")
const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))

/** The files of the program, with what each imports. */
let outputs: Awaited<ReturnType<typeof buildProgram>>["outputs"] = {}

/** A PDF with one line of text. Its reader finds the objects by itself. */
const pdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 60>>stream
BT /F 12 Tf 10 50 Td (Green tea takes three minutes.) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
6 0 obj<</Title(All about tea)>>endobj
trailer<</Root 1 0 R/Info 6 0 R>>
%%EOF`

beforeAll(async () => {
  // As in the package: the description two folders above, and the packages that are not inside.
  fs.copyFileSync(path.join(root, "package.json"), path.join(folder, "package.json"))
  fs.symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"), "junction")
  ;({ outputs } = await buildProgram(path.dirname(main)))
  const assets = path.join(folder, "dist", "playground", "assets")
  fs.mkdirSync(assets, { recursive: true })
  fs.writeFileSync(path.join(assets, "..", "index.html"), "the page")
  fs.writeFileSync(path.join(assets, "part.js"), "")
}, 60_000)
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const ID = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
const env = { PATH: process.env["PATH"], HOME: folder, TERM: "xterm" }

const run = (...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env,
    encoding: "utf8"
  })
  return { status, stdout, stderr }
}

describe("the program", () => {
  it("prints its version before it loads anything else", () => {
    expect(run("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" })
    const alone = path.join(folder, "alone", "dist", "bin")
    fs.mkdirSync(alone, { recursive: true })
    fs.copyFileSync(main, path.join(alone, "main.js"))
    fs.copyFileSync(path.join(root, "package.json"), path.join(folder, "alone", "package.json"))
    const { stdout } = spawnSync(process.execPath, [path.join(alone, "main.js"), "--version"], { encoding: "utf8" })
    expect(stdout).toBe(`${version}\n`)
  })

  it("creates the default store, and is found by its own name", () => {
    const bin = path.join(folder, "effect-julep")
    fs.symlinkSync(main, bin)
    const made = spawnSync(bin, ["agents", "create", "--name", "Ada", "--json"], {
      cwd: folder,
      env,
      encoding: "utf8",
      timeout: 20_000
    })
    expect(made.stderr).toBe("")
    expect(JSON.parse(made.stdout)).toMatchObject({ name: "Ada" })
    expect(fs.readFileSync(path.join(folder, ".julep", ".gitignore"), "utf8")).toBe("*\n")
    expect(run("agents", "get", "Ada").stdout).toMatch(/^name: +Ada$/m)
  })

  it("has the code that reads PDFs in files that nothing else loads", () => {
    /** The packages in the files that these load. `dynamic`: whether also those that are loaded later. */
    const packagesOf = (file: string, dynamic: boolean, seen = new Set<string>()): Set<string> => {
      if (seen.has(file)) return seen
      seen.add(file)
      for (const { external, kind, path: next } of outputs[file]?.imports ?? []) {
        if (external !== true && (dynamic || kind !== "dynamic-import")) packagesOf(next, dynamic, seen)
      }
      return seen
    }
    const inputsOf = (name: string, dynamic: boolean) => {
      const file = Object.keys(outputs).find((file) => file.endsWith(`/${name}`)) ?? name
      return [...packagesOf(file, dynamic)].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {})).join("\n")
    }
    expect(inputsOf("pdfWorker.js", true)).toContain("node_modules/unpdf/")
    expect(inputsOf("main.js", true)).toContain("node_modules/html-to-text/")
    expect(inputsOf("main.js", true)).not.toContain("node_modules/unpdf/")
    expect(inputsOf("main.js", true)).not.toContain("node_modules/ws/")
    expect(inputsOf("main.js", false)).not.toMatch(/node_modules|src\/cli\/run/)
  })

  it("reads a PDF, and says which one it cannot read", () => {
    fs.mkdirSync(path.join(folder, "pdfs"))
    fs.writeFileSync(path.join(folder, "pdfs", "tea.pdf"), pdf)
    fs.writeFileSync(path.join(folder, "pdfs", "broken.pdf"), "no PDF")
    expect(run("agents", "create", "--name", "Pia", "--db", "pdfs.db").status).toBe(0)
    const { status, stderr, stdout } = run("docs", "add", "pdfs", "--agent", "Pia", "--db", "pdfs.db")
    expect({ status, stdout }).toEqual({ status: 1, stdout: "1 added, 0 changed, 0 unchanged, 1 failed.\n" })
    expect(stderr).toContain("Failed pdfs/broken.pdf: its PDF cannot be read: Invalid PDF structure.")
    const found = run("docs", "list", "--agent", "Pia", "--db", "pdfs.db", "--json").stdout
    expect(JSON.parse(found)).toMatchObject({ title: "All about tea", content: "Green tea takes three minutes." })
  })

  it("writes errors to the error output, in one line", () => {
    const { status, stderr, stdout } = run("agents", "get", "Bob")
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" })
    expect(stderr.split("\n")).toHaveLength(2)
  })

  it("ends quietly when the reader of a pipe has enough", () => {
    run("users", "create", "--about", "more than a pipe holds".repeat(5_000))
    const line = `"${process.execPath}" "${main}" users list --json | head -c 1; echo "\${PIPESTATUS[0]}"`
    const { stderr, stdout } = spawnSync("bash", ["-c", line], { cwd: folder, env, encoding: "utf8", timeout: 20_000 })
    expect({ stdout, stderr }).toEqual({ stdout: "{0\n", stderr: "" })
  })

  it("ends with 130 at Ctrl-C", async () => {
    const job = { id: ID, name: "index_doc", state: "in_progress", created_at: "2026-01-31T12:00:00Z" }
    const server = http.createServer((_request, response) => response.end(JSON.stringify(job)))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const child = spawn(process.execPath, [main, "jobs", "watch", ID, "--url", url], {
      cwd: folder,
      env: { ...env, JULEP_API_KEY: "k" }
    })
    child.stdout.once("data", () => child.kill("SIGINT"))
    const code = await new Promise((resolve) => child.once("exit", resolve))
    expect(code).toBe(130)
  })

  it("serves a store until it is stopped, and commands on the store go to it", async () => {
    const child = spawn(process.execPath, [main, "serve", "--port", "0", "--json"], { cwd: folder, env })
    let url: string | undefined
    for await (const line of createInterface({ input: child.stdout })) {
      url = JSON.parse(line).url
      if (url !== undefined) break
    }
    child.stdout.resume()
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    expect(await (await fetch(`${url}/playground`)).text()).toBe("the page")
    expect((await fetch(`${url}/playground/assets/part.js`)).headers.get("content-type")).toMatch("text/javascript")
    expect(run("users", "create", "--name", "Kim")).toMatchObject({ status: 0, stderr: "" })
    child.kill("SIGTERM")
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0)
    expect(fs.readdirSync(path.join(folder, ".julep")).filter((name) => name.endsWith(".serve"))).toEqual([])
  })

  const script = spawnSync("script", ["--version"]).status === 0
  if (!script) process.stderr.write("Skipped: questions in a terminal, because there is no program `script`\n")

  /** Runs a command in a terminal, and presses a key at each question, once it is shown. */
  const inTerminal = (args: string, steps: ReadonlyArray<readonly [question: string, keys: string]>) =>
    new Promise<{ readonly code: number | null; readonly shown: string }>((resolve) => {
      const child = spawn("script", ["-qec", `"${process.execPath}" "${main}" ${args}`, "/dev/null"], {
        cwd: folder,
        env
      })
      let shown = ""
      let from = 0
      const left = [...steps]
      child.stdout.on("data", (chunk: Buffer) => {
        shown += chunk
        for (let [next] = left; next !== undefined && shown.includes(next[0], from); [next] = left) {
          from = shown.indexOf(next[0], from) + next[0].length
          child.stdin.write(next[1])
          left.shift()
        }
      })
      child.once("close", (code) => resolve({ code, shown }))
    })

  it.skipIf(!script)("asks in a terminal before it deletes several", async () => {
    const answer = (key: string) => inTerminal(`users delete ${ID} ${ID}`, [["Delete 2 users?", key]])
    const refused = await answer("n")
    expect(refused).toMatchObject({ code: 0, shown: expect.stringContaining("Nothing was deleted.") })
    expect(await answer("\u0003")).toMatchObject({ code: 130, shown: expect.not.stringContaining("eleted") })
    expect(await answer("y")).toMatchObject({ code: 0, shown: expect.stringContaining(`Deleted user ${ID}.`) })
  })

  it.skipIf(!script)("stops a reply at Ctrl-C, keeps what came, and ends with 130 at the next one", async () => {
    const model = http.createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(
        'data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":"**Green** tea"}}]}\n\n'
      )
    })
    await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      model.close()
      model.closeAllConnections()
    })
    const url = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1#tea`
    const { code, shown } = await inTerminal(`chat --db chat.db --model ${url}`, [
      ["> ", "How long?\r"],
      ["\u001b[1mGreen\u001b[22m tea", "\u0003"],
      ["Stopped. The partial reply is kept.", ""],
      ["> ", "/sources\r"],
      ["/sources", ""],
      ["Nothing was recalled", ""],
      ["> ", "left\u0003"],
      ["^C", ""],
      ["> ", "\u0003"]
    ])
    expect(code).toBe(130)
    const [, session = ""] = /chat --session (\S+)/.exec(shown) ?? []
    const history = run("sessions", "history", session, "--db", "chat.db", "--json").stdout.trimEnd().split("\n")
    expect(history.map((line) => JSON.parse(line).content)).toEqual(["How long?", "**Green** tea"])
  })
})
