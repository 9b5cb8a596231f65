/** The commands of a storm of random turns. They are plain data, so that a failed storm can be read and run again. */
import * as FastCheck from "effect/FastCheck"
import { isAbort, type Outcome, outcomes } from "./turnOracle.js"

/** One step of a storm. `session` is one of two sessions of one agent and one user. */
export type Command = { readonly session: 0 | 1; readonly streamed: boolean } & (
  | { readonly do: "ask"; readonly keyed: boolean; readonly outcome: Outcome }
  /** Asks an earlier question of the session again, `back` questions ago, under the same key if it had one. */
  | { readonly do: "retry"; readonly back: number; readonly outcome: Outcome }
  /** Sends one request under one key twice at the same time. The second call of the model, if there is one, replies. */
  | { readonly do: "double"; readonly outcome: Outcome }
  /** Asks several questions at the same time. */
  | { readonly do: "burst"; readonly outcomes: ReadonlyArray<Outcome> }
  /** Gives up a question that waits for the one ahead of it. */
  | { readonly do: "abandon" }
  | { readonly do: "clear" }
  /** Deletes something before the model has replied. */
  | { readonly do: "delete"; readonly what: "history" | "session" | "agent" | "user"; readonly keyed: boolean }
)

const anyOutcome = FastCheck.constantFrom(...outcomes)
const ended = FastCheck.constantFrom(...outcomes.filter((outcome) => !isAbort(outcome)))
const keyed = FastCheck.boolean()
const target = { session: FastCheck.constantFrom<0 | 1>(0, 1), streamed: FastCheck.boolean() }
const verb = <const A extends string>(name: A) => FastCheck.constant(name)

/** Any command. */
export const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
  { weight: 6, arbitrary: FastCheck.record({ do: verb("ask"), ...target, keyed, outcome: anyOutcome }) },
  {
    weight: 6,
    arbitrary: FastCheck.record({ do: verb("retry"), ...target, back: FastCheck.nat({ max: 2 }), outcome: anyOutcome })
  },
  { weight: 1, arbitrary: FastCheck.record({ do: verb("double"), ...target, outcome: ended }) },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      do: verb("burst"),
      ...target,
      outcomes: FastCheck.array(ended, { minLength: 2, maxLength: 4 })
    })
  },
  { weight: 1, arbitrary: FastCheck.record({ do: verb("abandon"), ...target }) },
  { weight: 1, arbitrary: FastCheck.record({ do: verb("clear"), ...target }) },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: verb("delete"),
      ...target,
      keyed,
      what: FastCheck.constantFrom("history" as const, "session" as const, "agent" as const, "user" as const)
    })
  }
)
