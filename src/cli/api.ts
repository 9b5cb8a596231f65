/** Commands over the API: they talk to a store or to a server, whichever the options name. */
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Prompt from "@effect/cli/Prompt"
import * as Effect from "effect/Effect"
import { Julep } from "../services/Julep.js"
import { type ConnectionOptions, connection, julep, type TargetOptions, targetOptions } from "./Connection.js"
import { type CommandDefinition, command, type Input, type Leaf, type Services } from "./command.js"
import { type Failure, UsageError } from "./exitCodes.js"
import { type Operator, operator } from "./Operator.js"
import { printError, printJson, Stdio } from "./output.js"

/** Makes a command over the API, with the options of its connection. `creates`: whether it may create the store. */
export const apiCommand = <const Config extends Command.Command.Config>({
  creates = false,
  run,
  ...parts
}: Omit<CommandDefinition<Config, Services>, "run"> & {
  readonly creates?: boolean
  readonly run: (
    julep: Julep.Service,
    input: Input<Config & typeof connection>
  ) => Effect.Effect<void, Failure, Services>
}): Leaf =>
  command<Config & typeof connection>({
    ...parts,
    config: { ...parts.config, ...connection },
    run: (input) => {
      // The compiler does not see the members of `connection` beside those of a type parameter.
      const given = input as ConnectionOptions
      return Effect.flatMap(Julep, (client) => run(client, input)).pipe(Effect.provide(julep(given, { creates })))
    }
  })

/** Makes a command of the operator of a store, with the options that name the store or its server. */
export const operatorCommand = <const Config extends Command.Command.Config>({
  creates = false,
  run,
  ...parts
}: Omit<CommandDefinition<Config, Services>, "run"> & {
  readonly creates?: boolean
  readonly run: (
    operator: Operator,
    input: Input<Config & typeof targetOptions>
  ) => Effect.Effect<void, Failure, Services>
}): Leaf =>
  command<Config & typeof targetOptions>({
    ...parts,
    config: { ...parts.config, ...targetOptions },
    // The compiler does not see the members of `targetOptions` beside those of a type parameter.
    run: (input) => Effect.flatMap(operator(input as TargetOptions, { creates }), (made) => run(made, input))
  })

/** The option of commands that delete. */
export const yes = {
  yes: Options.boolean("yes").pipe(
    Options.withAlias("y"),
    Options.withDescription("Delete several without a question.")
  )
}

/** Asks before something that cannot be undone. Where there is nobody to ask, it fails. */
const confirm = (question: string): Effect.Effect<boolean, Failure, Services> =>
  Effect.gen(function* () {
    const { columns, inputIsTerminal } = yield* Stdio
    if (!inputIsTerminal || columns === undefined) {
      return yield* new UsageError({ message: `${question} The input is not a terminal: give --yes.` })
    }
    return yield* Prompt.run(Prompt.confirm({ message: question }))
  })

/** Deletes resources one after the other, and prints each. */
export const deleteAll = <Id extends string>(
  kind: string,
  ids: ReadonlyArray<Id>,
  options: { readonly json: boolean; readonly yes: boolean },
  remove: (id: Id) => Effect.Effect<void, Failure>
): Effect.Effect<void, Failure, Services> =>
  Effect.gen(function* () {
    if (ids.length > 1 && !options.yes && !(yield* confirm(`Delete ${ids.length} ${kind.replace(/y$/, "ie")}s?`))) {
      return yield* printError("Nothing was deleted.")
    }
    yield* Effect.forEach(
      ids,
      (id) =>
        Effect.zipRight(
          remove(id),
          options.json ? printJson({ id, deleted: true }) : printError(`Deleted ${kind} ${id}.`)
        ),
      { discard: true }
    )
  })
