/** What a command is made of. A file of `commands` exports one, and `tree.ts` names it. */
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import type * as Usage from "@effect/cli/Usage"
import type * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import type * as Types from "effect/Types"
import type { Failure } from "./exitCodes.js"
import type { Stdio } from "./output.js"

/** What a command may use. */
export type Services = Stdio | CliApp.CliApp.Environment

/** A command. */
export interface Leaf {
  readonly _tag: "Leaf"
  readonly description: string
  readonly example: string
  /** Whether a signal is how the command is meant to end: its exit code is then 0. */
  readonly endsBySignal: boolean
  /** The command under its full name, such as `effect-julep agents list`. */
  readonly make: (name: string) => Made
}

/** A command under its full name. */
export interface Made {
  readonly usage: Usage.Usage
  readonly help: HelpDoc.HelpDoc
  /** Parses arguments and does what they ask for. */
  readonly run: (
    app: Omit<CliApp.CliApp.ConstructorArgs<never>, "command">,
    args: ReadonlyArray<string>
  ) => Effect.Effect<void, Failure | ValidationError.ValidationError, Services>
}

/** Commands of one kind, by their names. */
export interface Group {
  readonly _tag: "Group"
  readonly commands: { readonly [name: string]: Leaf }
}

/** The options of every command. */
const everywhere = {
  json: Options.boolean("json").pipe(
    Options.withDescription("Print JSON: one value, or one line for each item of a list.")
  )
}

/** The input of a command with these options and arguments. */
export type Input<Config extends Command.Command.Config> = Types.Simplify<
  Command.Command.ParseConfig<Config & typeof everywhere>
>

/** What a command is made of: its help, its options and arguments, and what it does. */
export interface CommandDefinition<Config extends Command.Command.Config, R> {
  /** What it does, in whole sentences. The first one stands in lists of commands. */
  readonly description: string
  /** A command line that works, beginning with `effect-julep`. Several are lines of one text. */
  readonly example: string
  /** Its options and arguments by name. `json` is added. */
  readonly config: Config
  readonly endsBySignal?: boolean
  readonly run: (input: Input<Config>) => Effect.Effect<void, Failure, R>
}

/** Makes a command. */
export const command = <const Config extends Command.Command.Config>({
  config,
  description,
  endsBySignal = false,
  example,
  run
}: CommandDefinition<Config, Services>): Leaf => ({
  _tag: "Leaf",
  description,
  example,
  endsBySignal,
  make: (name) => {
    const made = Command.make(name, { ...config, ...everywhere }, (input) =>
      // Only its message is reported. The rest is for those who look into a fault.
      Effect.tapDefect(run(input), (defect) => Effect.logDebug(defect))
    )
    // What `CliApp` calls the arguments of the process: the program that runs, and the script.
    const ofProcess = ["effect-julep", name]
    return {
      usage: Command.getUsage(made),
      help: Command.getHelp(made, CliConfig.make({ showBuiltIns: false })),
      run: (app, args) => Command.run(made, app)([...ofProcess, ...args])
    }
  }
})

/** Makes a group of commands. */
export const group = (commands: { readonly [name: string]: Leaf }): Group => ({ _tag: "Group", commands })
