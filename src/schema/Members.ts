/**
 * The members of inputs. An input may have what a server sent of the resource, such as its id: that is left out. A member
 * that is unknown in any other way is a fault, because a server would ignore it.
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { INPUT, type InputKind } from "./Field.js"
import { memberFor, type Reading } from "./firstIssues.js"
import { type Issue, MAX_ISSUES, pathText } from "./Issue.js"
import { didYouMean, truncatedName } from "./names.js"

const kindOf = (ast: AST.AST) => AST.getAnnotation<InputKind>(INPUT)(ast)

/** The members that an input declares, by name. */
const declared = (ast: AST.TypeLiteral) =>
  new Map(ast.propertySignatures.map((property) => [String(property.name), property]))

/** The names of the members that an input declares. */
export const membersOf = ({ ast }: Schema.Schema.All): ReadonlySet<string> => {
  let type = ast
  while (!AST.isTypeLiteral(type)) {
    if (AST.isTransformation(type)) type = type.from
    else if (AST.isRefinement(type)) type = type.from
    else return new Set()
  }
  return new Set(declared(type).keys())
}

/**
 * An input without the members that only servers set, those without a value, and optional members that are null; and the
 * members that are unknown, five at most.
 */
export const known = (
  schema: Schema.Schema.All,
  input: unknown,
  fits: Reading["fits"]
): { readonly value: unknown; readonly unknown: ReadonlyArray<Issue> } => {
  const unknown: Array<Issue> = []
  const reading: Reading = { decodes: true, options: {}, fits }
  type Path = ReadonlyArray<PropertyKey>

  const members = (ast: AST.TypeLiteral, value: object, path: Path, kind: InputKind | undefined) => {
    const names = declared(ast)
    const kept = Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
      const property = names.get(name)
      if (property !== undefined) {
        return member === null && property.isOptional ? [] : [[name, visit(property.type, member, [...path, name])]]
      }
      if (member === undefined || kind?.received.includes(name) === true) return []
      if (unknown.length < MAX_ISSUES) {
        const truncated = truncatedName(name)
        const of = kind?.noun ?? (path.length === 0 ? "the input" : pathText(path))
        const ofName = kind?.advice !== undefined && Object.hasOwn(kind.advice, name) ? kind.advice[name] : undefined
        const meant = didYouMean(name, names.keys())
        const advice = ofName ?? (meant ? undefined : kind?.otherwise)
        unknown.push({
          path: pathText([...path, truncated]),
          message: `\`${truncated}\` is not a member of ${of}.${advice === undefined ? meant : ` ${advice}`}`
        })
      }
      return []
    })
    return Object.fromEntries(kept)
  }

  const visit = (ast: AST.AST, value: unknown, path: Path, outer?: InputKind): unknown => {
    const kind = Option.getOrElse(kindOf(ast), () => outer)
    switch (ast._tag) {
      case "Transformation":
        // The names are the same on both sides, and only this one keeps the annotations of what is inside.
        return visit(ast.from, value, path, kind)
      case "Refinement":
        return visit(ast.from, value, path, kind)
      case "Union": {
        const meant = memberFor(ast, value, reading)
        return meant === undefined ? value : visit(meant, value, path, kind)
      }
      case "TupleType": {
        const each = ast.rest[0]?.type
        return Array.isArray(value) && each !== undefined
          ? value.map((item, index) => visit(each, item, [...path, index]))
          : value
      }
      case "TypeLiteral":
        return Predicate.isRecord(value) && ast.indexSignatures.length === 0 && ast.propertySignatures.length > 0
          ? members(ast, value, path, kind)
          : value
      default:
        return value
    }
  }
  const value = visit(schema.ast, input, [])
  return { value, unknown }
}
