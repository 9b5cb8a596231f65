import type * as Statement from "@effect/sql/Statement"
import { Bounded } from "../text/Bounded.js"

/** Room for every statement of the engine. */
const BEGINNINGS = 1000
/** How many texts that begin alike are kept. */
const ALIKE = 16

const PARAMETER = Symbol("parameter")
const IDENTIFIER = Symbol("identifier")

/** What the text of a statement depends on: its literals and identifiers, where its parameters stand, and what it inserts. */
type Shape = ReadonlyArray<string | number | symbol>

interface Compiled {
  readonly shape: Shape
  readonly text: string
}

/** A value that becomes one parameter: others may be SQL. */
const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null || value instanceof Uint8Array

/** The shape of a statement, and its parameters; undefined for one with other parts. */
const read = ({ segments }: Statement.Fragment) => {
  const shape: Array<string | number | symbol> = []
  const params: Array<unknown> = []
  for (const segment of segments) {
    switch (segment._tag) {
      case "Literal":
        if (segment.params !== undefined) return undefined
        shape.push(segment.value)
        break
      case "Identifier":
        shape.push(IDENTIFIER, segment.value)
        break
      case "Parameter":
        shape.push(PARAMETER)
        params.push(segment.value)
        break
      case "RecordInsertHelper": {
        const [first] = segment.value
        const isReturning = "returningIdentifier" in segment && segment.returningIdentifier !== undefined
        if (first === undefined || isReturning) return undefined
        const names = Object.keys(first)
        shape.push(segment.value.length, names.length, ...names)
        for (const row of segment.value) {
          for (const name of names) {
            if (!isPlain(row[name])) return undefined
            params.push(row[name])
          }
        }
        break
      }
      default:
        return undefined
    }
  }
  return { shape, params }
}

const isSame = (one: Shape, other: Shape): boolean =>
  one.length === other.length && one.every((part, index) => part === other[index])

/**
 * A compiler that compiles statements of one shape once. To compare shapes costs less than to join a text: their literals are
 * the same strings each time. A text that is the same string also costs less to find among the prepared statements.
 */
export const cachingCompiler = (compiler: Statement.Compiler): Statement.Compiler => {
  const known = new Bounded<string, ReadonlyArray<Compiled>>(BEGINNINGS)
  const compile: Statement.Compiler["compile"] = (statement, withoutTransform) => {
    const found = withoutTransform ? undefined : read(statement)
    const beginning = found?.shape[0]
    if (found === undefined || typeof beginning !== "string") return compiler.compile(statement, withoutTransform)
    const { params, shape } = found
    const alike = known.get(beginning) ?? []
    const same = alike.find((compiled) => isSame(compiled.shape, shape))
    if (same !== undefined) return [same.text, params]
    const [text] = compiler.compile(statement, withoutTransform)
    known.set(beginning, [{ shape, text }, ...alike].slice(0, ALIKE))
    return [text, params]
  }
  const caching: Statement.Compiler = {
    dialect: compiler.dialect,
    compile,
    get withoutTransform() {
      return caching
    }
  }
  return caching
}
