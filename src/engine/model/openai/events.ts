/** The events of a streamed reply, emitted as its bytes arrive. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { withDeadline } from "../../../transport/deadline.js"
import { endOf, type ModelError, type ModelEvent, type ModelReply } from "../../ports/Model.js"
import { ReplyReader, type Source } from "./ReplyReader.js"

/** How long usage and `[DONE]` may come after the finish reason. Some servers never close the connection. */
const GRACE = Duration.seconds(5)

type Ending = Option.Option<ModelError>

/**
 * Text as it arrives and, at the end, the calls, whose deltas arrive in pieces, and `End`. Once the endpoint has given a
 * finish reason, the reply is whole: a connection that is lost or stays open after that does not change it.
 */
export const events = (
  bytes: Stream.Stream<Uint8Array, ModelError>,
  source: Source,
  replyOf: (reader: ReplyReader) => Either.Either<ModelReply, ModelError>
): Stream.Stream<ModelEvent, ModelError> =>
  Stream.fromPull(
    Effect.map(Stream.toPull(bytes), (pull) => {
      const reader = new ReplyReader(source)
      let ended = false

      const next: Effect.Effect<Chunk.Chunk<ModelEvent>, Ending> = Effect.suspend(() => {
        if (ended) return Effect.fail(Option.none())
        if (reader.done || reader.failure !== undefined) return ending
        const piece = reader.finished ? withDeadline(pull, GRACE, Option.none) : pull
        return Effect.matchEffect(piece, {
          onFailure: (error) => (Option.isSome(error) && !reader.finished ? Effect.fail(error) : emit(reader.end())),
          onSuccess: (pieces) => emit(Chunk.toReadonlyArray(pieces).flatMap((piece) => reader.push(piece)))
        })
      })

      const emit = (texts: ReadonlyArray<string>) =>
        texts.length === 0
          ? next
          : Effect.succeed(Chunk.unsafeFromArray(texts.map((text): ModelEvent => ({ _tag: "Text", text }))))

      const ending = Effect.suspend((): Effect.Effect<Chunk.Chunk<ModelEvent>, Ending> => {
        ended = true
        return Either.match(replyOf(reader), {
          onLeft: (error) => Effect.fail(Option.some(error)),
          onRight: (reply) => {
            const calls = reply.tool_calls.map((call): ModelEvent => ({ _tag: "Call", call }))
            return Effect.succeed(Chunk.unsafeFromArray([...calls, endOf(reply)]))
          }
        })
      })

      return next
    })
  )
