/** The demo and the examples, each in its own process. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { programFile } from "../support/programs.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** An environment that would change the output, or make it fail, if the demo read it. */
const misleading = {
  JULEP_API_KEY: "sk-never-read",
  JULEP_API_URL: "http://127.0.0.1:9/api",
  JULEP_DATABASE_URL: "postgres://127.0.0.1:9/nothing",
  MODEL_INFERENCE_URL: "http://127.0.0.1:9/v1",
  MODEL_API_KEY: "sk-never-read",
  OPENAI_API_KEY: "sk-never-read"
}

type OnOutput = (text: string, kill: (signal: NodeJS.Signals) => void) => void

/** Runs a program. `left` are the temporary files that it did not delete. */
const run = async (program: string, args: ReadonlyArray<string>, onOutput: OnOutput = () => {}) => {
  const child = spawn(process.execPath, [programFile(program), ...args], {
    cwd: root,
    env: { ...process.env, ...misleading }
  })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text
    onOutput(stdout, (signal) => child.kill(signal))
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
  })
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve))
  const left = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`effect-julep-demo-${child.pid}-`))
  return { code, stdout, stderr, left }
}

const demo = (args: ReadonlyArray<string>, onOutput?: OnOutput) => run("examples/demo/main", args, onOutput)

describe("the demo", { timeout: 60_000 }, () => {
  it("prints a conversation with docs, memories and a tool, and then its history", async () => {
    const { code, left, stderr, stdout } = await demo([])
    expect(stderr).toBe("")
    expect(code).toBe(0)
    const turn = (question: string) => stdout.slice(stdout.indexOf(question)).split("\n\n")[0] ?? ""
    expect(turn("How long can I exchange an opened bag?")).toContain("within 14 days")
    expect(turn("How long can I exchange an opened bag?")).toMatch(
      /docs: Returns and refunds \| tokens: \d+ in, \d+ out/
    )
    expect(turn("And how long does it take?")).toContain("two working days")
    expect(turn("What do I brew with?")).toContain("French press")
    expect(turn("Until when can I pause my subscription?")).toContain("docs: Subscription of Sam")
    expect(turn("Where is my order 1042?")).toContain('calls order_status {"order_number":1042}')
    expect(turn("Do you sell teapots?")).toContain("I found nothing")
    expect(turn("Which grinder do I have?")).toContain("hand grinder")
    expect(stdout).toMatch(/Jobs\n {2}succeeded .*\n/)
    expect(stdout).toMatch(/Memories of Sam.*\n.*hand grinder\.\n.*from 1 message/)
    expect(stdout).toMatch(
      /history of the first session[\s\S]* user .*French press[\s\S]* call .*order_status[\s\S]* result /
    )
    expect(stdout).toContain("Where to go next")
    expect(stdout).not.toContain("\u001b")
    expect(stdout).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
    expect(left).toEqual([])
  })

  it("answers from the user's documents", async () => {
    const args = [
      "--docs",
      "README.md",
      "--ask",
      "What does the offline model do?",
      "--ask",
      "Where is the database file?"
    ]
    const { code, left, stderr, stdout } = await demo(args)
    expect(stderr).toBe("")
    expect(code).toBe(0)
    expect(stdout).toMatch(/Loaded 1 doc \(\d+ kB\)/)
    expect(stdout.match(/passages from: README\.md\n.* ms \| tokens/g)).toHaveLength(2)
    expect(stdout).toMatch(/It is not a language\s+model/)
    expect(left).toEqual([])
  })

  it("reports wrong paths and exits with 1", async () => {
    const { code, stderr, stdout } = await demo(["--docs", "no/such/file.md", "--ask", "What?"])
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toBe("These --docs cannot be used:\n  no/such/file.md: there is no such file or folder\n")
  })

  it("deletes its files when it is interrupted", async () => {
    const args = ["--docs", "node_modules/effect/README.md", ...Array(200).fill("--ask=What is Effect?")]
    let interrupted = false
    const { code, left, stdout } = await demo(args, (text, kill) => {
      if (!interrupted && text.includes("Loaded")) kill("SIGINT")
      interrupted ||= text.includes("Loaded")
    })
    expect(stdout).toContain("Loaded")
    expect(stdout.split("What is Effect?").length).toBeLessThan(200)
    expect(code).toBe(130)
    expect(left).toEqual([])
  })
})

describe("the examples", { timeout: 60_000 }, () => {
  it("answer from docs and memories, with Effect and with promises", async () => {
    for (const half of ["effect", "promise"]) {
      const { code, stderr, stdout } = await run(`examples/${half}/quickstart`, [])
      // The engine of a promise client logs to stderr, at level INFO only.
      const said = stderr.split("\n").filter((line) => line !== "" && !line.includes("level=INFO"))
      expect({ code, said }).toEqual({ code: 0, said: [] })
      expect(stdout).toMatch(/> How long does shipping take\?\n.*two working days/)
      expect(stdout).toMatch(/> What is my favourite\?\n.*Sidamo/)
    }
  })
})
