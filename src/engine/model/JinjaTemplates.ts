/**
 * Jinja templates, run by an interpreter that executes no JavaScript and reaches no prototype. Rendering blocks the event
 * loop, so a budget of steps bounds it: one for each node that is evaluated, for each item of a list or mapping that it
 * yields, at all depths, and for each 100 characters of a text.
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja"
import * as Either from "effect/Either"
import type { JsonObject } from "../../schema/Field.js"

/** The most numbers that one `range` returns. */
const LONGEST_RANGE = 100
/** The budget of the templates of one prompt. A step takes about 4 microseconds. */
const MAX_STEPS = 50_000
/** How many characters of a text are a step. */
const STEP_TEXT = 100
/** The longest template, in characters: the parser has no budget. */
const LONGEST_TEMPLATE = 1_000_000

const range = (...bounds: ReadonlyArray<number>): ReadonlyArray<number> => {
  const [start = 0, stop = 0, step = 1] = bounds.length === 1 ? [0, ...bounds] : bounds
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= LONGEST_RANGE)) throw new Error(`range() can have at most ${LONGEST_RANGE} numbers`)
  return Array.from({ length }, (_, index) => start + index * step)
}

const globals = { true: true, True: true, false: false, False: false, none: null, None: null, range }

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** A value of a template. The package's own types are not resolved under this module resolution. */
interface Value {
  readonly type: string
  readonly value: unknown
}

/** A node of a template. */
interface Node {
  readonly type: string
  /** The object that a member is read of. */
  readonly object?: Node | null
}

interface Evaluator {
  evaluate(node: Node | undefined, environment: unknown): Value
  run(program: unknown): Value
}

const Base: new (environment: unknown) => Evaluator = Interpreter

/** The steps that the templates of one prompt have left. */
class Budget {
  private left = MAX_STEPS
  private readonly weights = new WeakMap<Value, number>()

  spend(steps: number): void {
    this.left -= steps
    if (this.left < 0) {
      throw new Error(
        `the templates of the prompt take more than ${MAX_STEPS} steps. Loop over less, or write shorter texts.`
      )
    }
  }

  /** The number of items in a value, at all depths; of a text, its length in steps. */
  weigh(value: Value): number {
    if (typeof value.value === "string") return value.value.length / STEP_TEXT
    const known = this.weights.get(value)
    if (known !== undefined) return known
    const items = Array.isArray(value.value)
      ? value.value
      : value.value instanceof Map
        ? value.value.values()
        : undefined
    if (items === undefined) return 0
    // A namespace may contain itself.
    this.weights.set(value, 1)
    let weight = 0
    for (const item of items as Iterable<Value>) weight += 1 + this.weigh(item)
    // The members of a namespace change.
    if (value.type === "NamespaceValue") this.weights.delete(value)
    else this.weights.set(value, weight)
    return weight
  }
}

class BudgetedInterpreter extends Base {
  /** Nodes of which only one member is read. */
  private readonly read = new WeakSet<Node>()

  constructor(
    environment: unknown,
    private readonly budget: Budget
  ) {
    super(environment)
  }

  override evaluate(node: Node | undefined, environment: unknown): Value {
    this.budget.spend(1)
    if (node?.object) this.read.add(node.object)
    const value = super.evaluate(node, environment)
    const isRead = node !== undefined && this.read.has(node) && typeof value.value !== "string"
    if (!isRead) this.budget.spend(this.budget.weigh(value))
    return value
  }
}

const program = (source: string) => {
  if (source.length > LONGEST_TEMPLATE) {
    throw new Error(`a template can have at most ${LONGEST_TEMPLATE} characters`)
  }
  return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
}

/** Fails if a text is not a valid template. `trim_blocks` and `lstrip_blocks` are set, as in v0.3. */
export const check = (source: string): Either.Either<void, string> =>
  Either.try({ try: () => void program(source), catch: reason })

/** Renders the templates of one prompt. */
export const renderer = (variables: JsonObject) => {
  const budget = new Budget()
  const shared = new Environment()
  const declare = () => {
    for (const [name, value] of Object.entries({ ...globals, ...variables })) {
      if (!shared.variables.has(name)) budget.spend(budget.weigh(shared.set(name, value)))
    }
  }
  return (source: string): Either.Either<string, string> =>
    Either.try({
      try: () => {
        declare()
        // Variables that a template sets are its own.
        return String(new BudgetedInterpreter(new Environment(shared), budget).run(program(source)).value)
      },
      catch: reason
    })
}
