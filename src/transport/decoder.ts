/**
 * Decoding at several times the speed of Schema's own interpreter: a schema is compiled to closures once. What they do
 * not cover is left to Schema, and so is everything that does not fit: the errors are its own.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** The value is not of the schema; the interpreter says why. */
const MISFIT = Symbol.for("effect-julep/decoder/misfit")

type Decode = (input: unknown) => unknown

const options: AST.ParseOptions = {}

const isObject = (input: unknown): input is Record<string, unknown> =>
  typeof input === "object" && input !== null && !Array.isArray(input)

const when =
  (fits: (input: unknown) => boolean): Decode =>
  (input) =>
    fits(input) ? input : MISFIT

const settled = (result: unknown): unknown =>
  Either.isEither(result) && Either.isRight(result) ? result.right : MISFIT

/** A part of a schema as Schema decodes it. */
const interpreted = (ast: AST.AST): Decode => {
  const decode = ParseResult.decodeUnknownEither(Schema.make<unknown, unknown, never>(ast))
  return (input) => settled(decode(input))
}

const objectOf = (ast: AST.TypeLiteral, own: boolean): Decode => {
  const [index, ...more] = ast.indexSignatures
  const named = ast.propertySignatures.every(({ name }) => typeof name === "string")
  if (more.length > 0 || !named || (index !== undefined && !AST.isStringKeyword(index.parameter))) {
    return interpreted(ast)
  }
  const members = ast.propertySignatures.map(({ isOptional, name, type }) => ({
    name: String(name),
    isOptional,
    decode: compiled(type, own)
  }))
  const known = new Set(members.map(({ name }) => name))
  const other = index === undefined ? undefined : compiled(index.type, own)
  return (input) => {
    if (!isObject(input)) return MISFIT
    const output: Record<string, unknown> = own ? input : {}
    for (const { decode, isOptional, name } of members) {
      if (Object.hasOwn(input, name)) {
        const value = decode(input[name])
        if (value === MISFIT) return MISFIT
        if (!own || value !== input[name]) output[name] = value
      } else if (!isOptional) return MISFIT
    }
    if (other === undefined) return output
    for (const name of Object.keys(input)) {
      if (known.has(name)) continue
      const value = other(input[name])
      // Assigning to this name would do something else.
      if (value === MISFIT || name === "__proto__") return MISFIT
      if (!own || value !== input[name]) output[name] = value
    }
    return output
  }
}

const arrayOf = (ast: AST.TupleType, own: boolean): Decode => {
  const [rest, ...after] = ast.rest
  if (rest === undefined || after.length > 0 || ast.elements.some(({ isOptional }) => isOptional)) {
    return interpreted(ast)
  }
  const first = ast.elements.map(({ type }) => compiled(type, own))
  const each = compiled(rest.type, own)
  return (input) => {
    if (!Array.isArray(input) || input.length < first.length) return MISFIT
    const output: Array<unknown> = own ? input : []
    for (let index = 0; index < input.length; index++) {
      const value = (first[index] ?? each)(input[index])
      if (value === MISFIT) return MISFIT
      if (!own || value !== input[index]) output[index] = value
    }
    return output
  }
}

const oneOf = (ast: AST.Union, own: boolean): Decode => {
  const members = ast.types.map((member) => compiled(member, own))
  return (input) => {
    for (const decode of members) {
      const value = decode(input)
      if (value !== MISFIT) return value
    }
    return MISFIT
  }
}

const refined = (ast: AST.Refinement, own: boolean): Decode => {
  const from = compiled(ast.from, own)
  return (input) => {
    const value = from(input)
    return value === MISFIT || Option.isSome(ast.filter(value, options, ast)) ? MISFIT : value
  }
}

/** Members that have another name or a default: what a struct came to is changed in place, for it is a copy. */
const renamed = (transformation: AST.TypeLiteralTransformation) => (value: unknown) => {
  if (!isObject(value)) return MISFIT
  for (const { decode, from, to } of transformation.propertySignatureTransformations) {
    const member = decode(Object.hasOwn(value, from) ? Option.some(value[String(from)]) : Option.none())
    delete value[String(from)]
    if (Option.isSome(member)) value[String(to)] = member.value
  }
  return value
}

/** What a transformation does between its two sides. */
const stepOf = (ast: AST.Transformation): ((value: unknown, input: unknown) => unknown) => {
  const { transformation } = ast
  switch (transformation._tag) {
    case "ComposeTransformation":
      return (value) => value
    case "FinalTransformation":
      return (value, input) => settled(transformation.decode(value, options, ast, input))
    case "TypeLiteralTransformation":
      return renamed(transformation)
  }
}

const transformed = (ast: AST.Transformation, own: boolean): Decode => {
  if (ast.transformation._tag === "TypeLiteralTransformation" && !AST.isTypeLiteral(ast.from)) return interpreted(ast)
  const from = compiled(ast.from, own)
  // A struct whose members were renamed is a copy already: where nothing more is made of it, it is checked in place.
  const isCopy = ast.transformation._tag === "TypeLiteralTransformation" && AST.typeAST(ast.to) === ast.to
  const to = compiled(ast.to, isCopy)
  const step = stepOf(ast)
  return (input) => {
    const value = from(input)
    const between = value === MISFIT ? MISFIT : step(value, input)
    return between === MISFIT ? MISFIT : to(between)
  }
}

const declared = (ast: AST.Declaration): Decode => {
  const decode = ast.decodeUnknown(...ast.typeParameters)
  return (input) => settled(decode(input, options, ast))
}

const compile = (ast: AST.AST, own: boolean): Decode => {
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
      // `{}` is whatever is not null.
      return ast.propertySignatures.length + ast.indexSignatures.length === 0 ? interpreted(ast) : objectOf(ast, own)
    case "TupleType":
      return arrayOf(ast, own)
    case "Union":
      return oneOf(ast, own)
    case "Refinement":
      return refined(ast, own)
    case "Transformation":
      return transformed(ast, own)
    case "Declaration":
      return declared(ast)
    default:
      return interpreted(ast)
  }
}

const caches = { copying: new WeakMap<AST.AST, Decode>(), own: new WeakMap<AST.AST, Decode>() }

const isSpecial = ({ annotations }: AST.AST) =>
  annotations[AST.DecodingFallbackAnnotationId] !== undefined || annotations[AST.ParseOptionsAnnotationId] !== undefined

/** `own`: what is decoded is a copy of ours, which is checked in place. */
const compiled = (ast: AST.AST, own: boolean): Decode => {
  const cache = own ? caches.own : caches.copying
  const known = cache.get(ast)
  if (known !== undefined) return known
  const made = isSpecial(ast) ? interpreted(ast) : compile(ast, own)
  cache.set(ast, made)
  return made
}

/** The decoder of a schema: the same values and the same errors as Schema's own. */
export const decoder = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ParseResult.ParseError>) => {
  const quick = compiled(schema.ast, false)
  const slow = Schema.decodeUnknownEither(schema)
  return (input) => {
    const value = quick(input)
    return value === MISFIT ? slow(input) : Either.right(value as A)
  }
}
