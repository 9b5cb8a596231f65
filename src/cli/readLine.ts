/** Questions in a terminal: a line that can be edited, with the history of those before. */
import * as readline from "node:readline"
import * as Effect from "effect/Effect"
import type { Stdio } from "./output.js"

/**
 * Makes what asks. The terminal is in its usual mode between questions, so Ctrl-C is a signal then. Lines that arrive at once,
 * as those that are pasted do, are one answer.
 */
export const lineReader = (input: NodeJS.ReadStream, output: NodeJS.WriteStream): Stdio.Service["ask"] => {
  let history: Array<string> = []
  return (prompt) =>
    Effect.async((resume) => {
      const lines: Array<string> = []
      const asked = readline.createInterface({ input, output, prompt, history, historySize: 100, terminal: true })
      let isDone = false
      const done = (answer: Stdio.Answer) => {
        isDone = true
        resume(Effect.succeed(answer))
        asked.close()
      }
      asked.on("history", (lines) => {
        history = lines
      })
      asked.on("line", (line) => {
        lines.push(line)
        setImmediate(() => {
          if (asked.line === "") done({ _tag: "Text", text: lines.join("\n") })
        })
      })
      asked.on("SIGINT", () => {
        if (asked.line === "" && lines.length === 0) {
          output.write("\n")
          return done({ _tag: "Interrupted" })
        }
        // As in a shell, what was typed is given up.
        lines.length = 0
        output.write("^C\n")
        asked.write(null, { ctrl: true, name: "e" })
        asked.write(null, { ctrl: true, name: "u" })
        asked.prompt()
      })
      asked.on("close", () => {
        if (isDone) return
        output.write("\n")
        done({ _tag: "End" })
      })
      asked.prompt()
      return Effect.sync(() => done({ _tag: "Interrupted" }))
    })
}
