/**
 * The issues of a value that does not fit its schema. Schema's interpreter reports every issue, and formatting a
 * million of them takes minutes. So this walks the value with the compiled schema, which skips what fits, and lets the
 * interpreter explain the first few issues alone, each where it is.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { MAX_ISSUES } from "./Issue.js"

/** How much of a value is interpreted: the members of all containers together, and the characters of a text. */
const MAX_MEMBERS = 1000
const MAX_TEXT = 1000

/** The first item that did not fit of arrays that were read, and the node for which it did not: those before it fit. */
export type FirstMismatches = WeakMap<object, { readonly ast: AST.TupleType; readonly index: number }>

/** The direction in which a value is read, and whether it fits a node of the schema. */
export interface Reading {
  readonly decodes: boolean
  readonly options: AST.ParseOptions
  readonly fits: (ast: AST.AST, value: unknown) => boolean
}

type Path = ReadonlyArray<PropertyKey>

/** The beginning of a value, and whether any of its members were left out: an error shows no more of it. */
const beginningOf = (value: unknown): { readonly beginning: unknown; readonly isShorter: boolean } => {
  let left = MAX_MEMBERS
  const copy = (value: unknown): unknown => {
    if (typeof value === "string") return value.slice(0, MAX_TEXT)
    if (Array.isArray(value)) {
      const items: Array<unknown> = []
      for (let index = 0; index < value.length && left-- > 0; index++) items.push(copy(value[index]))
      return items
    }
    if (!Predicate.isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value
    const members: Array<[string, unknown]> = []
    for (const key in value) {
      if (left-- <= 0) break
      members.push([key, copy(value[key])])
    }
    return Object.fromEntries(members)
  }
  return { beginning: copy(value), isShorter: left <= 0 }
}

/**
 * The interpreter's result for the beginning of a value, or for all of it if the beginning fits, or lacks members: their
 * absence would be an issue of its own.
 */
const interpret = (ast: AST.AST, value: unknown, { decodes, options }: Reading) => {
  const schema = Schema.make<unknown, unknown, never>(ast)
  const run = (input: unknown, errors: "all" | "first") =>
    decodes
      ? ParseResult.decodeUnknownEither(schema, { ...options, errors })(input)
      : ParseResult.encodeUnknownEither(schema, { ...options, errors })(input)
  const { beginning, isShorter } = beginningOf(value)
  const result = isShorter ? undefined : run(beginning, "all")
  return result !== undefined && Either.isLeft(result) ? result : run(value, "first")
}

const sideOf = (ast: AST.Transformation, { decodes }: Reading) => (decodes ? ast.from : ast.to)

type Kind = "array" | "object" | "primitive" | "any"

const kindOf = (ast: AST.AST, reading: Reading): Kind => {
  switch (ast._tag) {
    case "TupleType":
      return "array"
    case "TypeLiteral":
      return ast.propertySignatures.length + ast.indexSignatures.length === 0 ? "any" : "object"
    case "Refinement":
      return kindOf(ast.from, reading)
    case "Transformation":
      return kindOf(sideOf(ast, reading), reading)
    case "Union":
    case "Declaration":
    case "Suspend":
    case "UnknownKeyword":
    case "AnyKeyword":
      return "any"
    default:
      return "primitive"
  }
}

/** Whether the literals that discriminate a member of a union are those of the value. */
const isTaggedAs = (ast: AST.AST, value: Record<string, unknown>, reading: Reading): boolean => {
  if (AST.isRefinement(ast)) return isTaggedAs(ast.from, value, reading)
  if (AST.isTransformation(ast)) return isTaggedAs(sideOf(ast, reading), value, reading)
  if (!AST.isTypeLiteral(ast)) return false
  const tags = ast.propertySignatures.filter(({ isOptional, type }) => !isOptional && AST.isLiteral(type))
  return tags.length > 0 && tags.every(({ name, type }) => reading.fits(type, value[String(name)]))
}

/** The one member of a union that a value is meant to be, if there is only one. */
export const memberFor = (ast: AST.Union, value: unknown, reading: Reading): AST.AST | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const kind = Array.isArray(value) ? "array" : "object"
  const ofKind = ast.types.filter((type) => [kind, "any"].includes(kindOf(type, reading)))
  const tagged =
    Predicate.isRecord(value) && ofKind.length > 1 ? ofKind.filter((type) => isTaggedAs(type, value, reading)) : ofKind
  return tagged.length === 1 ? tagged[0] : undefined
}

/** The first issues of a value, as one of Schema's; none if the interpreter accepts what was not compiled. */
export const firstIssues = (
  ast: AST.AST,
  value: unknown,
  reading: Reading & { readonly mismatches: FirstMismatches }
): ParseResult.ParseIssue | undefined => {
  const issues: Array<ParseResult.ParseIssue> = []
  const add = (path: Path, actual: unknown, issue: ParseResult.ParseIssue) => {
    const [first, ...more] = path
    issues.push(first === undefined ? issue : new ParseResult.Pointer([first, ...more], actual, issue))
  }
  const leaf = (ast: AST.AST, value: unknown, path: Path) => {
    const result = interpret(ast, value, reading)
    if (Either.isLeft(result)) add(path, value, result.left)
  }
  /** The index of the first item that does not fit, if the value is known as an array with one. */
  const firstMismatch = (ast: AST.AST, value: unknown): number | undefined => {
    if (!Array.isArray(value)) return undefined
    switch (ast._tag) {
      case "TupleType": {
        const known = reading.mismatches.get(value)
        return known?.ast === ast ? known.index : undefined
      }
      case "Refinement":
        return firstMismatch(ast.from, value)
      case "Transformation":
        return firstMismatch(sideOf(ast, reading), value)
      case "Union": {
        const meant = memberFor(ast, value, reading)
        return meant === undefined ? undefined : firstMismatch(meant, value)
      }
      default:
        return undefined
    }
  }
  const member = (ast: AST.AST, value: unknown, path: Path) => {
    if (issues.length === MAX_ISSUES) return
    if (firstMismatch(ast, value) !== undefined || !reading.fits(ast, value)) collect(ast, value, path)
  }
  /** The issues inside a value; none are added where the value as a whole is at fault. */
  const inside = (ast: AST.AST, value: unknown, path: Path): void => {
    switch (ast._tag) {
      case "TypeLiteral": {
        if (!Predicate.isRecord(value)) return
        for (const property of ast.propertySignatures) {
          const { isOptional, name, type } = property
          if (issues.length === MAX_ISSUES) return
          if (Object.hasOwn(value, name)) member(type, value[String(name)], [...path, name])
          else if (!isOptional) add([...path, name], value, new ParseResult.Missing(property))
        }
        const [others] = ast.indexSignatures
        if (others === undefined) return
        const known = new Set(ast.propertySignatures.map(({ name }) => name))
        for (const name in value) {
          if (issues.length === MAX_ISSUES) return
          if (!known.has(name)) member(others.type, value[name], [...path, name])
        }
        return
      }
      case "TupleType": {
        if (!Array.isArray(value)) return
        for (let index = firstMismatch(ast, value) ?? 0; index < value.length && issues.length < MAX_ISSUES; index++) {
          const type = (ast.elements[index] ?? ast.rest[0])?.type
          if (type !== undefined) member(type, value[index], [...path, index])
        }
        return
      }
      case "Union": {
        const meant = memberFor(ast, value, reading)
        if (meant !== undefined) collect(meant, value, path)
        return
      }
      case "Refinement":
        inside(ast.from, value, path)
        return
      case "Transformation":
        inside(sideOf(ast, reading), value, path)
        return
      case "Suspend":
        collect(ast.f(), value, path)
        return
    }
  }
  const collect = (ast: AST.AST, value: unknown, path: Path): void => {
    const before = issues.length
    // A node with a message of its own speaks for all that is inside it.
    if (Option.isNone(AST.getMessageAnnotation(ast))) inside(ast, value, path)
    if (issues.length === before) leaf(ast, value, path)
  }
  collect(ast, value, [])
  const [first, ...more] = issues
  return first === undefined || more.length === 0
    ? first
    : new ParseResult.Composite(AST.unknownKeyword, value, [first, ...more])
}
