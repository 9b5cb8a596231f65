/** The errors that each method can have. An answer with a status that its endpoint does not declare is `UnexpectedResponse`. */
import {
  type BadRequest,
  type CallError,
  type CreateError,
  type GetError,
  type ListError,
  UnexpectedResponse,
  type WriteError
} from "../schema/Errors.js"

/** The errors whose statuses only some endpoints declare. */
type Declarable = Exclude<WriteError, CallError>

const declarable: ReadonlySet<string> = new Set<Declarable["_tag"]>(["BadRequest", "NotFound", "Conflict"])

const unexpected = ({ body, code, message, method, path, requestId, status }: Declarable) =>
  new UnexpectedResponse({ message, code, method, path, status, requestId, body, issues: [] })

/** Makes an `UnexpectedResponse` of the errors that are not among these. */
const declaring =
  <E extends Declarable>(...tags: ReadonlyArray<E["_tag"]>) =>
  (error: WriteError): CallError | E => {
    const isDeclared = (error: WriteError): error is CallError | E =>
      !declarable.has(error._tag) || tags.some((tag) => tag === error._tag)
    // What is not declared is declarable: the other errors are of every call.
    return isDeclared(error) ? error : unexpected(error as Declarable)
  }

/** How the errors of an endpoint are narrowed to those of its method. */
export type NarrowError<E> = (error: WriteError) => E

export const toCallError: NarrowError<CallError> = declaring<never>()
export const toGetError: NarrowError<GetError> = declaring("NotFound")
export const toListError: NarrowError<ListError> = declaring("BadRequest")
export const toOwnedListError: NarrowError<GetError | BadRequest> = declaring("BadRequest", "NotFound")
export const toCreateError: NarrowError<CreateError> = declaring("BadRequest", "Conflict")
export const toWriteError: NarrowError<WriteError> = (error) => error
