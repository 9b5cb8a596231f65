/**
 * Jinja templates, run by an interpreter that executes no JavaScript and reaches no prototype, within a budget of steps.
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja"
import * as Either from "effect/Either"
import type { JsonObject } from "../../schema/Field.js"
import { Budget, type Value } from "./JinjaBudget.js"
import * as Growth from "./JinjaGrowth.js"

/** The most numbers that one `range` returns. */
const LONGEST_RANGE = 100
/** The longest template, in characters. */
const LONGEST_TEMPLATE = 1_000_000

const range = (...bounds: ReadonlyArray<number>): ReadonlyArray<number> => {
  const [start = 0, stop = 0, step = 1] = bounds.length === 1 ? [0, ...bounds] : bounds
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= LONGEST_RANGE)) throw new Error(`range() can have at most ${LONGEST_RANGE} numbers`)
  return Array.from({ length }, (_, index) => start + index * step)
}

const globals = { true: true, True: true, false: false, False: false, none: null, None: null, range }

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** A node of a template: the members that are read here. */
interface Node {
  readonly type: string
  readonly [member: string]: unknown
}

interface Evaluator {
  evaluate(node: Node | undefined, environment: unknown): Value
  run(program: unknown): Value
}

const Base: new (environment: unknown) => Evaluator = Interpreter

/** A node that stands for the value that it has been evaluated to. */
class Evaluated implements Node {
  readonly type = "Evaluated"
  readonly [member: string]: unknown

  constructor(readonly result: Value) {}
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

const nodesOf = (value: unknown): ReadonlyArray<Node> => (Array.isArray(value) ? value.filter(isNode) : [])

/** The name that an identifier has, or a node that has been evaluated to a text. */
const nameOf = (node: unknown): string => {
  const name = node instanceof Evaluated ? node.result.value : isNode(node) ? node["value"] : undefined
  return typeof name === "string" ? name : ""
}

/** An argument, as a node whose value is known. */
interface Argument {
  readonly node: Node
  readonly value: Value
}

const isMapping = (value: unknown): value is ReadonlyMap<string, Value> => value instanceof Map

const argumentsOf = (given: ReadonlyArray<Argument>): Growth.Arguments => {
  const positional: Array<Value> = []
  const named = new Map<string, Value>()
  for (const { node, value } of given) {
    if (node.type === "KeywordArgumentExpression") named.set(nameOf(node["key"]), value)
    else if (node.type === "SpreadExpression" && Array.isArray(value.value)) positional.push(...value.value)
    else if (node.type === "KeywordSpreadExpression" && isMapping(value.value)) {
      for (const [name, each] of value.value) named.set(name, each)
    } else positional.push(value)
  }
  return { positional, named }
}

/**
 * The interpreter, with each step taken from the budget. What could build a large value of small ones has its operands
 * evaluated first, so that it can be refused before it does.
 */
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
    if (node instanceof Evaluated) return node.result
    this.budget.spend(1)
    const value = node === undefined ? super.evaluate(node, environment) : this.guarded(node, environment)
    const isRead = node !== undefined && this.read.has(node) && typeof value.value !== "string"
    if (!isRead) this.budget.spend(this.budget.weigh(value).items)
    return value
  }

  private guarded(node: Node, environment: unknown): Value {
    switch (node.type) {
      case "FilterExpression":
        return this.filtered(node, () => this.evaluated(node["operand"], environment), environment)
      case "FilterStatement": {
        const body = { type: "Program", body: node["body"] }
        return this.filtered(node, () => this.evaluated(body, environment), environment)
      }
      case "MemberExpression":
        return this.member(node, environment)
      case "BinaryExpression": {
        const operator = isNode(node["operator"]) ? node["operator"]["value"] : undefined
        if (operator !== "in" && operator !== "not in") return super.evaluate(node, environment)
        const left = this.evaluated(node["left"], environment)
        const right = this.evaluated(node["right"], environment)
        Growth.search(this.budget, left.result, right.result)
        return super.evaluate({ ...node, left, right }, environment)
      }
      default:
        return super.evaluate(node, environment)
    }
  }

  private evaluated(node: unknown, environment: unknown): Evaluated {
    return new Evaluated(this.evaluate(isNode(node) ? node : undefined, environment))
  }

  /** A filter with its operand, and its arguments if they say how large its result is. */
  private filtered(node: Node, operandOf: () => Evaluated, environment: unknown): Value {
    const filter = isNode(node["filter"]) ? node["filter"] : undefined
    const guard = Growth.ofFilter(nameOf(filter?.type === "CallExpression" ? filter["callee"] : filter))
    if (guard === undefined) return super.evaluate(node, environment)
    const operand = operandOf()
    const given = nodesOf(filter?.["args"]).map((argument) => this.argument(argument, environment))
    guard(this.budget, operand.result, argumentsOf(given))
    const args = given.map(({ node }) => node)
    const applied = filter?.type === "CallExpression" ? { ...filter, args } : filter
    return super.evaluate({ type: "FilterExpression", operand, filter: applied }, environment)
  }

  private argument(node: Node, environment: unknown): Argument {
    const member = node.type === "KeywordArgumentExpression" ? "value" : node.type.includes("Spread") ? "argument" : ""
    const value = this.evaluated(member === "" ? node : node[member], environment)
    return { node: member === "" ? value : { ...node, [member]: value }, value: value.result }
  }

  /** A member; of a text, a method that grows it checks the budget when it is called. */
  private member(node: Node, environment: unknown): Value {
    if (isNode(node["object"])) this.read.add(node["object"])
    const object = this.evaluated(node["object"], environment)
    const isKey = node["computed"] === true && isNode(node["property"]) && node["property"].type !== "SliceExpression"
    const property = isKey ? this.evaluated(node["property"], environment) : node["property"]
    const value = super.evaluate({ ...node, object, property }, environment)
    const { result } = object
    const guard = typeof result.value === "string" ? Growth.ofMethod(nameOf(property)) : undefined
    if (guard === undefined || typeof value.value !== "function") return value
    const method = value.value
    const checked = (values: ReadonlyArray<Value>, scope: unknown): unknown => {
      const named = values.find(({ type }) => type === "KeywordArgumentsValue")?.value
      const positional = values.filter(({ type }) => type !== "KeywordArgumentsValue")
      guard(this.budget, result, { positional, named: isMapping(named) ? named : new Map() })
      return method(values, scope)
    }
    return Object.create(value, { value: { value: checked } })
  }
}

const program = (source: string, budget: Budget) => {
  if (source.length > LONGEST_TEMPLATE) {
    throw new Error(`a template can have at most ${LONGEST_TEMPLATE} characters`)
  }
  budget.parse(source)
  return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
}

/** Fails if a text is not a valid template. `trim_blocks` and `lstrip_blocks` are set, as in v0.3. */
export const check = (source: string): Either.Either<void, string> =>
  Either.try({ try: () => void program(source, new Budget()), catch: reason })

/** Renders the templates of one prompt. */
export const renderer = (variables: JsonObject) => {
  const budget = new Budget()
  const shared = new Environment()
  const declare = () => {
    for (const [name, value] of Object.entries({ ...globals, ...variables })) {
      if (!shared.variables.has(name)) budget.spend(budget.weigh(shared.set(name, value)).items)
    }
  }
  return (source: string): Either.Either<string, string> =>
    Either.try({
      try: () => {
        declare()
        // Variables that a template sets are its own.
        return String(new BudgetedInterpreter(new Environment(shared), budget).run(program(source, budget)).value)
      },
      catch: reason
    })
}
