/**
 * Decodes and encodes at several times the speed of Schema's interpreter: each schema is compiled to closures, once.
 * Schema's interpreter takes over for the nodes that the compiler does not cover, and explains the first issues of values
 * that do not fit, so that errors are Schema's own.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { type FirstMismatches, firstIssues } from "./firstIssues.js"
import { type Issue, issuesOf, MAX_ISSUES } from "./Issue.js"
import { known } from "./Members.js"

/** The value does not fit the schema; the interpreter reports why. */
const NO_MATCH = Symbol.for("effect-julep/Compiled/noMatch")

type Transform = (input: unknown) => unknown

/** Decoding or encoding, with its options and the nodes that are compiled for it. */
interface Direction {
  readonly decodes: boolean
  readonly options: AST.ParseOptions
  readonly compiled: WeakMap<AST.AST, Transform>
  readonly mismatches: FirstMismatches
}

const direction = (decodes: boolean, options: AST.ParseOptions): Direction => ({
  decodes,
  options,
  compiled: new WeakMap(),
  mismatches: new WeakMap()
})

const lenient: AST.ParseOptions = {}
/** Members that a schema does not declare are an error. */
const strict: AST.ParseOptions = { onExcessProperty: "error" }

const decoding = direction(true, lenient)
const decodingStrictly = direction(true, strict)
const encoding = direction(false, lenient)
const encodingStrictly = direction(false, strict)

const when =
  (fits: (input: unknown) => boolean): Transform =>
  (input) =>
    fits(input) ? input : NO_MATCH

const rightOf = (result: unknown): unknown =>
  Either.isEither(result) && Either.isRight(result) ? result.right : NO_MATCH

/** A node that is left to Schema's interpreter. */
const interpreted = (ast: AST.AST, { decodes, options }: Direction): Transform => {
  const schema = Schema.make<unknown, unknown, never>(ast)
  const take = decodes
    ? ParseResult.decodeUnknownEither(schema, options)
    : ParseResult.encodeUnknownEither(schema, options)
  return (input) => rightOf(take(input))
}

/** A member that has no value in the output. */
const ABSENT = Symbol.for("effect-julep/Compiled/absent")

/** A member of an object: its name, that of its value in the output, and how it is read, also where it is absent if it may be. */
interface Member {
  readonly name: string
  readonly target: string
  readonly isOptional: boolean
  readonly take: Transform
  readonly change?: ((given: unknown, has: boolean) => unknown) | undefined
}

/** Reads the members of an object, and other members with `other`. */
const membersOf = (members: ReadonlyArray<Member>, direction: Direction, other?: Transform): Transform => {
  const known = new Set(members.map(({ name }) => name))
  const ignoresOthers = other === undefined && direction.options !== strict
  return (input) => {
    if (!Predicate.isRecord(input)) return NO_MATCH
    const output: Record<string, unknown> = {}
    let present = 0
    for (const { change, isOptional, name, take, target } of members) {
      const has = Object.hasOwn(input, name)
      if (has) present++
      else if (!isOptional) return NO_MATCH
      const value = change !== undefined ? change(input[name], has) : has ? take(input[name]) : ABSENT
      if (value === NO_MATCH) return NO_MATCH
      if (value !== ABSENT) output[target] = value
    }
    if (ignoresOthers || Reflect.ownKeys(input).length === present) return output
    const names = Object.keys(input)
    // Symbols and non-enumerable members are left to Schema.
    if (Reflect.ownKeys(input).length !== names.length) return NO_MATCH
    for (const name of names) {
      if (known.has(name)) continue
      const value = other === undefined ? NO_MATCH : other(input[name])
      // Assigning to `__proto__` would change the prototype.
      if (value === NO_MATCH || name === "__proto__") return NO_MATCH
      output[name] = value
    }
    return output
  }
}

const isNamed = (ast: AST.TypeLiteral) => ast.propertySignatures.every(({ name }) => typeof name === "string")

const objectOf = (ast: AST.TypeLiteral, direction: Direction): Transform => {
  const [index, ...more] = ast.indexSignatures
  if (more.length > 0 || !isNamed(ast) || (index !== undefined && !AST.isStringKeyword(index.parameter))) {
    return interpreted(ast, direction)
  }
  const members = ast.propertySignatures.map(({ isOptional, name, type }) => ({
    name: String(name),
    target: String(name),
    isOptional,
    take: compiled(type, direction)
  }))
  return membersOf(members, direction, index === undefined ? undefined : compiled(index.type, direction))
}

const arrayOf = (ast: AST.TupleType, direction: Direction): Transform => {
  const [rest, ...after] = ast.rest
  if (rest === undefined || after.length > 0 || ast.elements.some(({ isOptional }) => isOptional)) {
    return interpreted(ast, direction)
  }
  const first = ast.elements.map(({ type }) => compiled(type, direction))
  const each = compiled(rest.type, direction)
  return (input) => {
    if (!Array.isArray(input) || input.length < first.length) return NO_MATCH
    const output: Array<unknown> = []
    for (let index = 0; index < input.length; index++) {
      const value = (first[index] ?? each)(input[index])
      if (value === NO_MATCH) {
        direction.mismatches.set(input, { ast, index })
        return NO_MATCH
      }
      output.push(value)
    }
    return output
  }
}

/** Whether a required literal discriminates the values of a schema. */
const isTagged = (ast: AST.AST, direction: Direction): boolean => {
  const isLiteral = (type: AST.AST) => AST.isLiteral(direction.decodes ? AST.encodedAST(type) : AST.typeAST(type))
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.some(({ isOptional, type }) => !isOptional && isLiteral(type))
    case "TupleType":
      return ast.elements.some(({ isOptional, type }) => !isOptional && isLiteral(type))
    case "Refinement":
      return isTagged(ast.from, direction)
    case "Suspend":
      return isTagged(ast.f(), direction)
    case "Transformation":
      return isTagged(direction.decodes ? ast.from : ast.to, direction)
    case "Declaration":
      return Option.exists(AST.getSurrogateAnnotation(ast), (surrogate) => isTagged(surrogate, direction))
    default:
      return false
  }
}

const oneOf = (ast: AST.Union, direction: Direction): Transform => {
  const tagged = new Map(ast.types.map((member) => [member, isTagged(member, direction)]))
  // Like Schema, tries the members with a discriminating literal first.
  const inOrder = [true, false].flatMap((first) => ast.types.filter((member) => tagged.get(member) === first))
  const members = inOrder.map((member) => compiled(member, direction))
  return (input) => {
    for (const take of members) {
      const value = take(input)
      if (value !== NO_MATCH) return value
    }
    return NO_MATCH
  }
}

const refined = (ast: AST.Refinement, direction: Direction): Transform => {
  if (!direction.decodes) {
    // The value to encode must be of the schema's type: the decoder of the type checks that.
    const check = compiled(AST.typeAST(ast), direction.options === strict ? decodingStrictly : decoding)
    let inner = ast.from
    while (AST.isRefinement(inner)) inner = inner.from
    const encode = compiled(inner, direction)
    return (input) => {
      const value = check(input)
      return value === NO_MATCH ? NO_MATCH : encode(value)
    }
  }
  const from = compiled(ast.from, direction)
  return (input) => {
    const value = from(input)
    return value === NO_MATCH || Option.isSome(ast.filter(value, direction.options, ast)) ? NO_MATCH : value
  }
}

const isStruct = (ast: AST.AST): ast is AST.TypeLiteral =>
  AST.isTypeLiteral(ast) && ast.indexSignatures.length === 0 && ast.propertySignatures.length > 0 && isNamed(ast)

/** The schema of what a member is if it is neither null nor absent, where the type has such a value as it is. */
const valueOf = (encoded: AST.AST, type: AST.AST): AST.AST | undefined => {
  const isValue = (ast: AST.AST) => !(AST.isLiteral(ast) && ast.literal === null) && !AST.isUndefinedKeyword(ast)
  const partsOf = (ast: AST.AST) => (AST.isUnion(ast) ? ast.types : [ast]).filter(isValue)
  const [parts, types] = [partsOf(encoded), partsOf(type)]
  return parts.length === types.length && parts.every((part, index) => AST.typeAST(part) === types[index])
    ? AST.Union.make(parts)
    : undefined
}

/** Reads a member that has a default, another name, or no null. */
const changing = (
  { decode, encode }: AST.PropertySignatureTransformation,
  encoded: AST.PropertySignature,
  typed: AST.PropertySignature,
  read: Transform,
  direction: Direction
) => {
  const { decodes } = direction
  const [target, change] = decodes ? [typed, decode] : [encoded, encode]
  const write = compiled(target.type, direction)
  const valueAst = valueOf(encoded.type, typed.type)
  const value = valueAst && compiled(valueAst, direction)
  return (given: unknown, has: boolean): unknown => {
    const kept = given === null || given === undefined ? undefined : value
    const first = !has ? undefined : decodes ? (kept ?? read)(given) : given
    if (first === NO_MATCH) return NO_MATCH
    const changed = change(has ? Option.some(first) : Option.none())
    const isSame = kept !== undefined && Option.isSome(changed) && changed.value === first
    if (!isSame && has && !decodes && read(given) === NO_MATCH) return NO_MATCH
    if (Option.isNone(changed)) return target.isOptional ? ABSENT : NO_MATCH
    return !isSame ? write(changed.value) : decodes ? first : kept(first)
  }
}

/**
 * A struct of which some members have a default, another name, or no null, in one walk: most of what a server sends. A value
 * that such a member keeps as it is need not be checked on both sides.
 */
const structOf = (ast: AST.Transformation, direction: Direction): Transform | undefined => {
  const { from, to, transformation } = ast
  if (transformation._tag !== "TypeLiteralTransformation" || !isStruct(from) || !isStruct(to)) return undefined
  const { decodes } = direction
  if (AST.typeAST(to) !== to) return undefined
  const encodedBy = new Map(from.propertySignatures.map((member) => [member.name, member]))
  const typeBy = new Map(to.propertySignatures.map((member) => [member.name, member]))
  const changes = new Map(
    transformation.propertySignatureTransformations.map((one) => [decodes ? one.from : one.to, one])
  )
  const members: Array<Member> = []
  for (const { isOptional, name, type } of (decodes ? from : to).propertySignatures) {
    const change = changes.get(name)
    const encoded = encodedBy.get(change?.from ?? name)
    const typed = typeBy.get(change?.to ?? name)
    if (encoded === undefined || typed === undefined) return undefined
    const target = decodes ? typed : encoded
    const take = compiled(change === undefined && !decodes ? encoded.type : type, direction)
    members.push({
      name: String(name),
      target: String(target.name),
      isOptional,
      take,
      change: change && changing(change, encoded, typed, take, direction)
    })
  }
  return membersOf(members, direction)
}

const transformed = (ast: AST.Transformation, direction: Direction): Transform => {
  const { from, to, transformation } = ast
  if (transformation._tag === "TypeLiteralTransformation")
    return structOf(ast, direction) ?? interpreted(ast, direction)
  const [first, last] = direction.decodes ? [from, to] : [to, from]
  const read = compiled(first, direction)
  const write = compiled(last, direction)
  const convert =
    transformation._tag === "ComposeTransformation"
      ? undefined
      : direction.decodes
        ? transformation.decode
        : transformation.encode
  return (input) => {
    const value = read(input)
    const made =
      value === NO_MATCH || convert === undefined ? value : rightOf(convert(value, direction.options, ast, input))
    return made === NO_MATCH ? NO_MATCH : write(made)
  }
}

const declared = (ast: AST.Declaration, direction: Direction): Transform => {
  const take = (direction.decodes ? ast.decodeUnknown : ast.encodeUnknown)(...ast.typeParameters)
  return (input) => rightOf(take(input, direction.options, ast))
}

const compile = (ast: AST.AST, direction: Direction): Transform => {
  switch (ast._tag) {
    case "StringKeyword":
      return when((input) => typeof input === "string")
    case "NumberKeyword":
      return when((input) => typeof input === "number")
    case "BooleanKeyword":
      return when((input) => typeof input === "boolean")
    case "UndefinedKeyword":
      return when((input) => input === undefined)
    case "UnknownKeyword":
    case "AnyKeyword":
      return (input) => input
    case "Literal":
      return when((input) => input === ast.literal)
    case "TypeLiteral":
      // `{}` is any value but null and undefined.
      return ast.propertySignatures.length + ast.indexSignatures.length === 0
        ? interpreted(ast, direction)
        : objectOf(ast, direction)
    case "TupleType":
      return arrayOf(ast, direction)
    case "Union":
      return oneOf(ast, direction)
    case "Refinement":
      return refined(ast, direction)
    case "Transformation":
      return transformed(ast, direction)
    case "Declaration":
      return declared(ast, direction)
    default:
      return interpreted(ast, direction)
  }
}

/** How many errors are collected is the only parse option that values do not depend on. */
const changesValues = (options: AST.ParseOptions | undefined) =>
  options !== undefined && Object.keys(options).some((name) => name !== "errors")

const isSpecial = ({ annotations }: AST.AST) =>
  annotations[AST.DecodingFallbackAnnotationId] !== undefined ||
  // An annotation's type is that of its id.
  changesValues(annotations[AST.ParseOptionsAnnotationId] as AST.ParseOptions | undefined)

/** Compiles a node, once. */
const compiled = (ast: AST.AST, direction: Direction): Transform => {
  const known = direction.compiled.get(ast)
  if (known !== undefined) return known
  const made = isSpecial(ast) ? interpreted(ast, direction) : compile(ast, direction)
  direction.compiled.set(ast, made)
  return made
}

/** Compiles on the first call: a program uses few of the schemas that it loads. */
const onFirstUse = <A, B>(compile: () => (input: A) => B): ((input: A) => B) => {
  let made: ((input: A) => B) | undefined
  return (input) => {
    made ??= compile()
    return made(input)
  }
}

const transformer = (ast: AST.AST, direction: Direction) => {
  const quick = compiled(ast, direction)
  const fits = (ast: AST.AST, value: unknown) => compiled(ast, direction)(value) !== NO_MATCH
  const slow = onFirstUse(() => {
    const schema = Schema.make<unknown, unknown, never>(ast)
    const { decodes, options } = direction
    return decodes ? Schema.decodeUnknownEither(schema, options) : Schema.encodeUnknownEither(schema, options)
  })
  return (input: unknown): Either.Either<unknown, ParseResult.ParseError> => {
    const value = quick(input)
    if (value !== NO_MATCH) return Either.right(value)
    const issue = firstIssues(ast, input, { ...direction, fits })
    return issue === undefined ? slow(input) : Either.left(ParseResult.parseError(issue))
  }
}

/** The decoder of a schema, with the values of Schema's own. Its error has the first issues. */
export const decoder = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ParseResult.ParseError>) =>
  // A value that matched is of the schema's type.
  onFirstUse(() => transformer(schema.ast, decoding) as (input: unknown) => Either.Either<A, ParseResult.ParseError>)

/** Whether a value is of the type of a schema: `Schema.is`, made on the first call. */
export const is = <A, I>(schema: Schema.Schema<A, I>): ((input: unknown) => input is A) => {
  const check = onFirstUse((): ((input: unknown) => boolean) => Schema.is(schema))
  return (input): input is A => check(input)
}

/** The encoder of a schema, with the values of Schema's own. Its error has the first issues. */
export const encoder = <A, I>(
  schema: Schema.Schema<A, I>,
  options: { readonly onExcessProperty: "ignore" | "error" } = { onExcessProperty: "ignore" }
): ((input: A) => Either.Either<I, ParseResult.ParseError>) =>
  onFirstUse(() => {
    const direction = options.onExcessProperty === "error" ? encodingStrictly : encoding
    // A value that matched is of the schema's encoded type.
    return transformer(schema.ast, direction) as (input: A) => Either.Either<I, ParseResult.ParseError>
  })

/**
 * The encoder of an input. It refuses members that the schema does not declare, by name, and leaves out those that only
 * servers set. An input without any of them is encoded in one walk.
 */
export const inputEncoder = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: A) => Either.Either<I, ReadonlyArray<Issue>>) =>
  onFirstUse(() => {
    const quick = compiled(schema.ast, encodingStrictly)
    const slow = encoder(schema)
    const fits = (ast: AST.AST, value: unknown) => compiled(ast, decoding)(value) !== NO_MATCH
    return (input) => {
      const encoded = quick(input)
      // A value that matched is of the schema's encoded type.
      if (encoded !== NO_MATCH) return Either.right(encoded as I)
      const { unknown, value } = known(schema, input, fits)
      // What is left out is not of the schema's type; the encoder checks the rest.
      const left = slow(value as A)
      if (unknown.length === 0 && Either.isRight(left)) return Either.right(left.right)
      return Either.left([...unknown, ...(Either.isLeft(left) ? issuesOf(left.left) : [])].slice(0, MAX_ISSUES))
    }
  })
