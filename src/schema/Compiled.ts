/**
 * Decoding and encoding at several times the speed of Schema's own interpreter: a schema is compiled to closures once.
 * What they do not cover is left to Schema, and so is everything that does not fit: the errors are its own.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** The value is not of the schema; the interpreter says why. */
const MISFIT = Symbol.for("effect-julep/Compiled/misfit")

type Step = (input: unknown) => unknown

/** A way through a schema. */
interface Way {
  readonly decodes: boolean
  readonly options: AST.ParseOptions
  readonly copying: WeakMap<AST.AST, Step>
  readonly inPlace: WeakMap<AST.AST, Step>
}

const way = (decodes: boolean, options: AST.ParseOptions): Way => ({
  decodes,
  options,
  copying: new WeakMap(),
  inPlace: new WeakMap()
})

const lenient: AST.ParseOptions = {}
/** Members that a schema does not name are refused. */
const strict: AST.ParseOptions = { onExcessProperty: "error" }

const decoding = way(true, lenient)
const decodingStrictly = way(true, strict)
const encoding = way(false, lenient)
const encodingStrictly = way(false, strict)

const isObject = (input: unknown): input is Record<string, unknown> =>
  typeof input === "object" && input !== null && !Array.isArray(input)

const when =
  (fits: (input: unknown) => boolean): Step =>
  (input) =>
    fits(input) ? input : MISFIT

const settled = (result: unknown): unknown =>
  Either.isEither(result) && Either.isRight(result) ? result.right : MISFIT

/** A part of a schema as Schema takes it. */
const interpreted = (ast: AST.AST, { decodes, options }: Way): Step => {
  const schema = Schema.make<unknown, unknown, never>(ast)
  const take = decodes
    ? ParseResult.decodeUnknownEither(schema, options)
    : ParseResult.encodeUnknownEither(schema, options)
  return (input) => settled(take(input))
}

const objectOf = (ast: AST.TypeLiteral, way: Way, own: boolean): Step => {
  const [index, ...more] = ast.indexSignatures
  const named = ast.propertySignatures.every(({ name }) => typeof name === "string")
  if (more.length > 0 || !named || (index !== undefined && !AST.isStringKeyword(index.parameter))) {
    return interpreted(ast, way)
  }
  const members = ast.propertySignatures.map(({ isOptional, name, type }) => ({
    name: String(name),
    isOptional,
    take: compiled(type, way, own)
  }))
  const known = new Set(members.map(({ name }) => name))
  const other = index === undefined ? undefined : compiled(index.type, way, own)
  const ignoresOthers = other === undefined && way.options !== strict
  return (input) => {
    if (!isObject(input)) return MISFIT
    const output: Record<string, unknown> = own ? input : {}
    for (const { isOptional, name, take } of members) {
      if (Object.hasOwn(input, name)) {
        const value = take(input[name])
        if (value === MISFIT) return MISFIT
        if (!own || value !== input[name]) output[name] = value
      } else if (!isOptional) return MISFIT
    }
    if (ignoresOthers) return output
    const names = Object.keys(input)
    // Symbols, and what is not listed, are for Schema.
    if (Reflect.ownKeys(input).length !== names.length) return MISFIT
    for (const name of names) {
      if (known.has(name)) continue
      const value = other === undefined ? MISFIT : other(input[name])
      // Assigning to this name would do something else.
      if (value === MISFIT || name === "__proto__") return MISFIT
      if (!own || value !== input[name]) output[name] = value
    }
    return output
  }
}

const arrayOf = (ast: AST.TupleType, way: Way, own: boolean): Step => {
  const [rest, ...after] = ast.rest
  if (rest === undefined || after.length > 0 || ast.elements.some(({ isOptional }) => isOptional)) {
    return interpreted(ast, way)
  }
  const first = ast.elements.map(({ type }) => compiled(type, way, own))
  const each = compiled(rest.type, way, own)
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

/** Whether one literal at least tells the values of a schema from others. */
const isTagged = (ast: AST.AST, way: Way): boolean => {
  const isLiteral = (type: AST.AST) => AST.isLiteral(way.decodes ? AST.encodedAST(type) : AST.typeAST(type))
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.some(({ isOptional, type }) => !isOptional && isLiteral(type))
    case "TupleType":
      return ast.elements.some(({ isOptional, type }) => !isOptional && isLiteral(type))
    case "Refinement":
      return isTagged(ast.from, way)
    case "Suspend":
      return isTagged(ast.f(), way)
    case "Transformation":
      return isTagged(way.decodes ? ast.from : ast.to, way)
    case "Declaration":
      return Option.exists(AST.getSurrogateAnnotation(ast), (surrogate) => isTagged(surrogate, way))
    default:
      return false
  }
}

const oneOf = (ast: AST.Union, way: Way, own: boolean): Step => {
  const tagged = new Map(ast.types.map((member) => [member, isTagged(member, way)]))
  // As Schema does it: those that a literal tells are tried first.
  const inOrder = [true, false].flatMap((first) => ast.types.filter((member) => tagged.get(member) === first))
  const members = inOrder.map((member) => compiled(member, way, own))
  return (input) => {
    for (const take of members) {
      const value = take(input)
      if (value !== MISFIT) return value
    }
    return MISFIT
  }
}

const refined = (ast: AST.Refinement, way: Way, own: boolean): Step => {
  if (!way.decodes) {
    // What is encoded is of its type: that is seen as decoding sees it.
    const check = compiled(AST.typeAST(ast), way.options === strict ? decodingStrictly : decoding, false)
    let inner = ast.from
    while (AST.isRefinement(inner)) inner = inner.from
    const encode = compiled(inner, way, own)
    return (input) => {
      const value = check(input)
      return value === MISFIT ? MISFIT : encode(value)
    }
  }
  const from = compiled(ast.from, way, own)
  return (input) => {
    const value = from(input)
    return value === MISFIT || Option.isSome(ast.filter(value, way.options, ast)) ? MISFIT : value
  }
}

/** Members that have another name or a default: what a struct came to is changed in place, for it is a copy. */
const renamed = (transformation: AST.TypeLiteralTransformation, { decodes }: Way) => {
  const members = transformation.propertySignatureTransformations.map(({ decode, encode, from, to }) =>
    decodes ? { from, to: String(to), take: decode } : { from: to, to: String(from), take: encode }
  )
  return (value: unknown) => {
    if (!isObject(value)) return MISFIT
    for (const { from, take, to } of members) {
      const member = take(Object.hasOwn(value, from) ? Option.some(value[String(from)]) : Option.none())
      delete value[String(from)]
      if (Option.isSome(member)) value[to] = member.value
    }
    return value
  }
}

/** What a transformation does between its two sides. */
const between = (ast: AST.Transformation, way: Way): ((value: unknown, input: unknown) => unknown) => {
  const { transformation } = ast
  switch (transformation._tag) {
    case "ComposeTransformation":
      return (value) => value
    case "FinalTransformation": {
      const take = way.decodes ? transformation.decode : transformation.encode
      return (value, input) => settled(take(value, way.options, ast, input))
    }
    case "TypeLiteralTransformation":
      return renamed(transformation, way)
  }
}

const transformed = (ast: AST.Transformation, way: Way, own: boolean): Step => {
  const [first, last] = way.decodes ? [ast.from, ast.to] : [ast.to, ast.from]
  const renames = ast.transformation._tag === "TypeLiteralTransformation"
  if (renames && !AST.isTypeLiteral(first)) return interpreted(ast, way)
  const read = compiled(first, way, own)
  // A struct whose members were renamed is a copy already: where nothing more is made of it, it is checked in place.
  const isLast = (way.decodes ? AST.typeAST(last) : AST.encodedAST(last)) === last
  const write = compiled(last, way, renames && isLast)
  const step = between(ast, way)
  return (input) => {
    const value = read(input)
    const made = value === MISFIT ? MISFIT : step(value, input)
    return made === MISFIT ? MISFIT : write(made)
  }
}

const declared = (ast: AST.Declaration, way: Way): Step => {
  const take = (way.decodes ? ast.decodeUnknown : ast.encodeUnknown)(...ast.typeParameters)
  return (input) => settled(take(input, way.options, ast))
}

const compile = (ast: AST.AST, way: Way, own: boolean): Step => {
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
      return ast.propertySignatures.length + ast.indexSignatures.length === 0
        ? interpreted(ast, way)
        : objectOf(ast, way, own)
    case "TupleType":
      return arrayOf(ast, way, own)
    case "Union":
      return oneOf(ast, way, own)
    case "Refinement":
      return refined(ast, way, own)
    case "Transformation":
      return transformed(ast, way, own)
    case "Declaration":
      return declared(ast, way)
    default:
      return interpreted(ast, way)
  }
}

const isSpecial = ({ annotations }: AST.AST) =>
  annotations[AST.DecodingFallbackAnnotationId] !== undefined || annotations[AST.ParseOptionsAnnotationId] !== undefined

/** `own`: what is read is a copy of ours, which is checked in place. */
const compiled = (ast: AST.AST, way: Way, own: boolean): Step => {
  const cache = own ? way.inPlace : way.copying
  const known = cache.get(ast)
  if (known !== undefined) return known
  const made = isSpecial(ast) ? interpreted(ast, way) : compile(ast, way, own)
  cache.set(ast, made)
  return made
}

/** The decoder of a schema: the same values and the same errors as Schema's own. */
export const decoder = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ParseResult.ParseError>) => {
  const quick = compiled(schema.ast, decoding, false)
  const slow = Schema.decodeUnknownEither(schema)
  return (input) => {
    const value = quick(input)
    // What is no misfit is of the schema.
    return value === MISFIT ? slow(input) : Either.right(value as A)
  }
}

/** The encoder of a schema: the same values and the same errors as Schema's own. */
export const encoder = <A, I>(
  schema: Schema.Schema<A, I>,
  options: { readonly onExcessProperty: "ignore" | "error" } = { onExcessProperty: "ignore" }
): ((input: A) => Either.Either<I, ParseResult.ParseError>) => {
  const way = options.onExcessProperty === "error" ? encodingStrictly : encoding
  const quick = compiled(schema.ast, way, false)
  const slow = Schema.encodeEither(schema, way.options)
  return (input) => {
    const value = quick(input)
    return value === MISFIT ? slow(input) : Either.right(value as I)
  }
}
