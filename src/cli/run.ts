/** Runs a command line: finds its command, and turns what comes of it into an exit code. */

import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Usage from "@effect/cli/Usage"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { didYouMean } from "../schema/names.js"
import type { Leaf, Services } from "./command.js"
import { codeOf, FAILED, type Failure, INTERRUPTED, OK, sentenceOf, UsageError } from "./exitCodes.js"
import { commandHelp, groupHelp, rootHelp } from "./help.js"
import { print, printError, Stdio } from "./output.js"
import { tree } from "./tree.js"

const isHelp = (word: string | undefined) => word === undefined || word === "--help" || word === "-h"

/** A command and its arguments. */
interface FoundCommand {
  readonly _tag: "Command"
  readonly name: string
  readonly leaf: Leaf
  readonly args: ReadonlyArray<string>
}

/** A command, or a text to print. */
type Found = FoundCommand | { readonly _tag: "Text"; readonly text: string }

const misplaced = (word: string) =>
  new UsageError({ message: `Options follow their command, so ${word} cannot come first. See effect-julep --help.` })

const find = (args: ReadonlyArray<string>, version: string): Effect.Effect<Found, UsageError> =>
  Effect.gen(function* () {
    const [name, ...rest] = args
    if (name === undefined || isHelp(name)) return { _tag: "Text", text: rootHelp(version) } as const
    if (name === "help") return yield* find([...rest, "--help"], version)
    if (name.startsWith("-")) return yield* misplaced(name)
    const entry = Object.hasOwn(tree, name) ? tree[name] : undefined
    if (entry === undefined) {
      const message = `There is no command ${JSON.stringify(name)}.${didYouMean(name, Object.keys(tree))} See effect-julep --help.`
      return yield* new UsageError({ message })
    }
    const { command } = yield* Effect.promise(entry.load)
    if (command._tag === "Leaf") {
      return { _tag: "Command", name: `effect-julep ${name}`, leaf: command, args: rest } as const
    }
    const [word, ...args_] = rest
    if (word === undefined || isHelp(word)) {
      return { _tag: "Text", text: groupHelp(name, entry.summary, command) } as const
    }
    if (word.startsWith("-")) return yield* misplaced(word)
    const leaf = Object.hasOwn(command.commands, word) ? command.commands[word] : undefined
    if (leaf !== undefined) {
      return { _tag: "Command", name: `effect-julep ${name} ${word}`, leaf, args: args_ } as const
    }
    const known = Object.keys(command.commands)
    return yield* new UsageError({
      message: `There is no command "${name} ${word}".${didYouMean(word, known)} ${name} has ${known.join(", ")}.`
    })
  })

/** The names of options, and whether a value follows each. */
const optionsIn = (usage: Usage.Usage): ReadonlyArray<readonly [name: string, takesValue: boolean]> => {
  switch (usage._tag) {
    case "Named":
      return usage.names.map((name) => [name, Option.isSome(usage.acceptedValues)] as const)
    case "Optional":
    case "Repeated":
      return optionsIn(usage.usage)
    case "Alternation":
    case "Concat":
      return [...optionsIn(usage.left), ...optionsIn(usage.right)]
    case "Empty":
    case "Mixed":
      return []
  }
}

/** Those that @effect/cli adds. */
const BUILT_IN: ReadonlyArray<readonly [string, boolean]> = [
  ["--help", false],
  ["-h", false],
  ["--log-level", true]
]

/**
 * Whether the arguments ask for help. Fails at the first option that the command does not have, and at one without its value:
 * @effect/cli would take either for an argument.
 */
const asksForHelp = (usage: Usage.Usage, args: ReadonlyArray<string>): Effect.Effect<boolean, UsageError> => {
  const known = new Map([...optionsIn(usage), ...BUILT_IN].filter(([name]) => name.startsWith("-")))
  let isValue = false
  for (const arg of args) {
    if (arg === "--") return Effect.succeed(false)
    const [name = ""] = arg.split("=", 1)
    if (!isValue) {
      if (isHelp(name)) return Effect.succeed(true)
      if (name.startsWith("-") && name !== "-" && !known.has(name)) {
        const advice = didYouMean(name, known.keys())
        return Effect.fail(new UsageError({ message: `There is no option ${name}.${advice} See --help.` }))
      }
    }
    isValue = !isValue && name === arg && known.get(name) === true
  }
  return isValue
    ? Effect.fail(new UsageError({ message: `${args.at(-1)} needs a value. See --help.` }))
    : Effect.succeed(false)
}

/** What a parse found wrong, in one line. */
const misused = (error: ValidationError.ValidationError): UsageError => {
  const text = stripVTControlCharacters(HelpDoc.toAnsiText(error.error)).trim().replace(/\s+/g, " ")
  const plain = text.replace(/\.$/, "").replace(/^Expected to find option: '(.+)'$/, "Missing option $1")
  return new UsageError({ message: `${plain.replace(" is not a integer", " is not an integer")}. See --help.` })
}

/** What @effect/cli prints is an error, which is printed from what it fails with. */
const silent = (outer: Console.Console): Console.Console => ({ ...outer, error: () => Effect.void })

const runLeaf = ({ args, leaf, name }: FoundCommand, version: string): Effect.Effect<void, Failure, Services> =>
  Effect.gen(function* () {
    const made = leaf.make(name)
    if (yield* asksForHelp(made.usage, args)) return yield* print(commandHelp(leaf, made))
    const app = { name: "effect-julep", version, executable: "effect-julep" }
    yield* Effect.consoleWith((console) => Effect.withConsole(made.run(app, args), silent(console)))
  }).pipe(
    Effect.catchIf(ValidationError.isValidationError, (error) => Effect.fail(misused(error))),
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  )

/** Reports what a command failed with, and returns its code. A fault of the program itself is one sentence, too. */
const report = (cause: Cause.Cause<Failure>): Effect.Effect<number, never, Stdio> => {
  const failure = Cause.failureOption(cause)
  if (Option.isSome(failure)) {
    const text = sentenceOf(failure.value)
    return Effect.as(text === "" ? Effect.void : printError(text), codeOf(failure.value))
  }
  if (Cause.isInterruptedOnly(cause)) return Effect.succeed(INTERRUPTED.SIGINT)
  const defect = Cause.squash(cause)
  const message = defect instanceof Error ? defect.message : String(defect)
  return Effect.as(
    printError(
      `effect-julep failed because of a bug: ${message}. Please report it, with the output of --log-level debug.`
    ),
    FAILED
  )
}

/** Logs go to the error output, because the output is data. */
const logger = Effect.map(Stdio, ({ writeError }) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.logfmtLogger, (line) => Effect.runFork(writeError(`${line}\n`)))
  )
)

/** How long an interrupted command may take to close what it opened. Jobs of a store that still run go on at its next use. */
const CLOSING = "2 seconds"

/** Runs a command until it ends or a signal comes. A signal interrupts it, which closes what it opened. */
const untilSignal = (
  command: Effect.Effect<number, never, Services>,
  { endsBySignal }: Leaf
): Effect.Effect<number, never, Services> =>
  Effect.gen(function* () {
    const { signal } = yield* Stdio
    const fiber = yield* Effect.forkDaemon(command)
    const closed = Fiber.interrupt(fiber)
    const first = yield* Effect.raceFirst(Fiber.join(fiber), signal).pipe(Effect.onInterrupt(() => closed))
    if (typeof first === "number") return first
    if (endsBySignal) return yield* Effect.as(closed, OK)
    return yield* Effect.as(Effect.timeoutOption(Effect.disconnect(closed), CLOSING), INTERRUPTED[first])
  })

/** Runs a command line, without the name of the program, and returns its exit code. */
export const run = (args: ReadonlyArray<string>, version: string): Effect.Effect<number, never, Services> =>
  Effect.gen(function* () {
    const found = yield* find(args, version)
    if (found._tag === "Text") {
      yield* print(found.text)
      return OK
    }
    return yield* untilSignal(runLeaf(found, version).pipe(Effect.as(OK), Effect.catchAllCause(report)), found.leaf)
  }).pipe(Effect.catchAllCause(report), Logger.withMinimumLogLevel(LogLevel.Warning), (effect) =>
    Effect.flatMap(logger, (layer) => Effect.provide(effect, layer))
  )
