import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { ApiKey, ApiKeyId, DeveloperId } from "../../schema/ApiKey.js"
import { operatorCommand } from "../api.js"
import { developerOf } from "../Connection.js"
import { group } from "../command.js"
import { UsageError } from "../exitCodes.js"
import { text } from "../input.js"
import { paging, printList } from "../lists.js"
import { idArgument } from "../names.js"
import { print, printError, printJson } from "../output.js"
import { sanitizeForTerminal } from "../table.js"

const badExpiry = (given: string) =>
  new UsageError({
    message: `--expires must be a time such as 2027-01-31, or a duration such as "90 days", not ${JSON.stringify(given)}.`
  })

/** The end of a key: a time, or so long from now. */
const expiryOf = (given: Option.Option<string>): Effect.Effect<Date | undefined, UsageError> =>
  Effect.gen(function* () {
    if (Option.isNone(given)) return undefined
    // The decoder refuses a text that is not a duration.
    const duration = Duration.decodeUnknown(given.value)
    const now = yield* Clock.currentTimeMillis
    const end = new Date(Option.isSome(duration) ? now + Duration.toMillis(duration.value) : given.value)
    if (Number.isNaN(end.getTime())) return yield* badExpiry(given.value)
    if (end.getTime() > now) return end
    return yield* new UsageError({ message: `--expires is in the past: ${end.toISOString()}.` })
  })

const create = operatorCommand({
  description:
    "Makes a key for clients of a server and prints it, this once: the store keeps a hash. Requests with it act for --developer.",
  example: `effect-julep keys create --name "billing app" --expires "90 days"`,
  creates: true,
  config: {
    name: Options.text("name").pipe(
      Options.withDescription("What the key is for, as the log of the server shows it. At most 200 characters."),
      Options.filterMap(
        Option.liftPredicate(({ length }) => length > 0 && length <= 200),
        "--name must have 1 to 200 characters"
      )
    ),
    developer: text("developer", "The developer that requests with it act for, a UUID. Default: the nil UUID."),
    expires: text(
      "expires",
      'When it ends: a time such as 2027-01-31, or a duration such as "90 days". Default: never.'
    )
  },
  run: (operator, { developer, expires, json, name }) =>
    Effect.gen(function* () {
      // It is a UUID.
      const developer_id = (yield* developerOf(developer)) as DeveloperId | undefined
      const created = yield* operator.keys.create({ name, developer_id, expires_at: yield* expiryOf(expires) })
      const key = Redacted.value(created.key)
      if (json) return yield* printJson({ ...created, key })
      yield* print(key)
      yield* printError(
        `Key ${created.id} (${sanitizeForTerminal(name)}) acts for developer ${created.developer_id}. It is not shown again: the store has a hash of it.`
      )
    })
})

const stateOf = ({ expires_at, revoked_at }: ApiKey, now: number): string => {
  if (revoked_at) return "revoked"
  return expires_at && expires_at.getTime() <= now ? "expired" : "valid"
}

const list = operatorCommand({
  description: "Lists the keys of a store, also those that are revoked or expired, the newest first.",
  example: "effect-julep keys list",
  config: paging,
  run: ({ keys }, options) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      yield* printList(options, Stream.fromIterableEffect(keys.list), [
        { name: "id", value: ({ id }) => id },
        { name: "name", value: ({ name }) => name, cut: true },
        { name: "state", value: (key) => stateOf(key, now) },
        { name: "developer", value: ({ developer_id }) => developer_id, extra: true },
        { name: "used", value: ({ used_at }) => used_at, extra: true },
        { name: "expires", value: ({ expires_at }) => expires_at, extra: true }
      ])
    })
})

const revoke = operatorCommand({
  description: "Revokes keys: a server refuses requests with them within a second.",
  example: "effect-julep keys revoke 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  // The argument is a UUID.
  config: { keys: Args.atLeast(idArgument("key", "keys").pipe(Args.map((id) => id as ApiKeyId)), 1) },
  run: (operator, { json, keys }) =>
    Effect.forEach(
      keys,
      (id) =>
        Effect.zipRight(
          operator.keys.revoke(id),
          json ? printJson({ id, revoked: true }) : printError(`Revoked key ${id}.`)
        ),
      { discard: true }
    )
})

export const command = group({ create, list, revoke })
