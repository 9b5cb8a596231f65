/**
 * `npm run demo`: a conversation with an agent, printed as it happens.
 * `npm run demo -- --docs <file or folder> --ask "..."`: questions about your own documents.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Exit } from "effect"
import { askAbout } from "./ask.js"
import { commandOf, HELP } from "./command.js"
import { conversation } from "./conversation.js"
import { findDocuments } from "./documents.js"
import { withTemporaryEngine } from "./engine.js"
import * as print from "./print.js"

/** A command that cannot run, with a message for the user. */
class Unusable {
  readonly _tag = "Unusable"
  constructor(readonly message: string) {}
}

const unusable = (message: string) => Effect.fail(new Unusable(message))

const onDocuments = Effect.fnUntraced(function* (paths: ReadonlyArray<string>, questions: ReadonlyArray<string>) {
  const { documents, skipped, wrong } = yield* Effect.promise(() => findDocuments(paths))
  if (wrong.length > 0) return yield* unusable(`These --docs cannot be used:\n  ${wrong.join("\n  ")}`)
  if (skipped.length > 0) print.line(`Skipped ${print.count(skipped.length, "file")}:\n  ${skipped.join("\n  ")}`)
  if (documents.length === 0) return yield* unusable("There is nothing left to answer from.")
  yield* withTemporaryEngine(askAbout(documents, questions))
})

const program = Effect.gen(function* () {
  const command = commandOf(process.argv.slice(2))
  switch (command.kind) {
    case "help":
      return print.line(HELP)
    case "unusable":
      return yield* unusable(command.message)
    case "documents":
      return yield* onDocuments(command.paths, command.questions)
    case "conversation":
      return yield* withTemporaryEngine(conversation)
  }
})

// `head` closes the pipe early, which is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
})

program.pipe(
  Effect.catchAll((error) =>
    Effect.sync(() => {
      console.error(error.message)
      process.exitCode = 1
    })
  ),
  NodeRuntime.runMain({
    // Shells expect 130 from a program that Ctrl-C ended.
    teardown: (exit, end) => {
      if (Exit.isSuccess(exit)) end(Number(process.exitCode ?? 0))
      else end(Cause.isInterruptedOnly(exit.cause) ? 130 : 1)
    }
  })
)
