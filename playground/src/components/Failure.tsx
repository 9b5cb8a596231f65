/** What failed, in the words of the API. */
import * as Cause from "effect/Cause"
import * as Predicate from "effect/Predicate"

/** The sentence of an error. The client says before that of the API which request it answers, which a page shows. */
export const sentenceOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && Predicate.isString(error.message)
    ? error.message.replace(/^[A-Z]+ \S+ answered \d{3}: /, "")
    : String(error)

/** The error as a sentence, with a way to try again where there is one. An interruption shows nothing. */
export const Failure = ({
  cause,
  retry
}: {
  readonly cause: Cause.Cause<unknown>
  readonly retry?: (() => void) | undefined
}) =>
  Cause.isInterruptedOnly(cause) ? null : (
    <p className="failure" role="alert">
      {sentenceOf(Cause.squash(cause))}
      {retry === undefined ? null : (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </p>
  )
