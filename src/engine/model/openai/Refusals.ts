/** The members that an endpoint refuses. A refused request is sent again without them, and later ones omit them. */
import * as Predicate from "effect/Predicate"
import type { RequestError } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import { Bounded } from "../../text/Bounded.js"
import { shortHash } from "../../text/ShortHash.js"

/** Models of OpenAI that accept `max_completion_tokens` only. */
const reasoning = /(?:^|[/:])(?:o[1-9]\d*(?:$|[-:])|gpt-(?:[5-9]|\d\d))/

/** How endpoints report that they do not know a member, or require another one. */
const unsupported =
  /unsupported|not (?:be )?(?:supported|permitted|allowed|recognized|valid)|un(?:known|recognized|expected)|extra|instead|cannot find field/i

/** How many models and formats an endpoint is remembered for. */
const MODELS = 1000

type Limit = "max_tokens" | "max_completion_tokens"

const without = (body: JsonObject, names: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.has(name)))

const jsonSchemaOf = ({ response_format }: JsonObject): JsonObject | undefined => {
  if (!Predicate.isRecord(response_format)) return undefined
  const { json_schema } = response_format
  return Predicate.isRecord(json_schema) ? json_schema : undefined
}

/** Whether a body has a schema that the engine has made strict: not every endpoint takes every schema so. */
const isStrict = (body: JsonObject): boolean => jsonSchemaOf(body)?.["strict"] === true

/** Identifies a model and a format. The hash bounds what is kept of a schema, which may have megabytes. */
const formatKey = ({ model, response_format }: JsonObject): string =>
  shortHash(`${model} ${JSON.stringify(response_format)}`)

const notStrict = (body: JsonObject): JsonObject => {
  const { strict: _, ...json_schema } = jsonSchemaOf(body) ?? {}
  return { ...body, response_format: { type: "json_schema", json_schema } }
}

/** The endpoint's text about a request that it refuses with 400 or 422. */
const refusal = (error: RequestError): string | undefined =>
  error._tag === "BadRequest" || error._tag === "UnprocessableRequest"
    ? `${error.message} ${error.body ?? ""}`
    : undefined

/** `optional`: the members that the engine adds to a body by itself and that can be left out. */
export class Refusals {
  private readonly dropped = new Set<string>()
  /** The formats that are sent without `strict`; `undefined` until there is one, so that no other is hashed. */
  private loose: Bounded<string, boolean> | undefined
  private readonly limits = new Bounded<string, Limit>(2 * MODELS)

  constructor(private readonly optional: ReadonlyArray<string>) {}

  /** The body as the endpoint takes it, as far as is known. */
  readonly fit = (body: JsonObject): JsonObject => {
    const known = this.dropped.size === 0 ? body : without(body, this.dropped)
    const kept = isStrict(known) && this.loose?.get(formatKey(known)) === true ? notStrict(known) : known
    if (!("max_tokens" in kept) || this.limitOf(kept) === "max_tokens") return kept
    const { max_tokens, ...rest } = kept
    return { max_completion_tokens: max_tokens, ...rest }
  }

  /** Whether the refusal of a body shows something to leave out, so that the request can be sent again. */
  readonly learn = (sent: JsonObject, error: RequestError): boolean => {
    const said = refusal(error)
    if (said === undefined) return false
    const named = this.optional.filter((name) => name in sent && said.includes(name))
    for (const name of named) this.dropped.add(name)
    const other = this.otherLimit(sent, said)
    if (other !== undefined) this.limits.set(String(sent["model"]), other)
    const loosened = isStrict(sent) && /schema|response_format|strict/i.test(said)
    if (loosened) {
      this.loose ??= new Bounded(MODELS)
      this.loose.set(formatKey(sent), true)
    }
    return named.length > 0 || other !== undefined || loosened
  }

  private readonly limitOf = ({ model }: JsonObject): Limit =>
    this.limits.get(String(model)) ?? (reasoning.test(String(model)) ? "max_completion_tokens" : "max_tokens")

  /** The member that limits the reply in place of the refused one. A name that was learned is not changed again. */
  private readonly otherLimit = (sent: JsonObject, said: string): Limit | undefined => {
    if (!/\bmax_(?:completion_)?tokens\b/.test(said) || !unsupported.test(said)) return undefined
    if ("max_tokens" in sent) return "max_completion_tokens"
    const guessed = this.limits.get(String(sent["model"])) === undefined
    return "max_completion_tokens" in sent && guessed ? "max_tokens" : undefined
  }
}
