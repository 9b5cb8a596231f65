/** The vector space of a developer: the embedder that made the stored vectors. Only vectors of one space can be compared. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { answerFault, type Embedder } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import type { Space, Storage, StorageError } from "../../ports/Storage.js"

const describe = ({ dimensions, name }: { readonly name: string; readonly dimensions: number | undefined }): string =>
  dimensions === undefined ? JSON.stringify(name) : `${JSON.stringify(name)} (${dimensions} dimensions)`

/** Vectors of two models cannot be compared. An error says so, because an empty or wrong result would hide it. */
const mismatch = (stored: Space, configured: Parameters<typeof describe>[0]): ModelError =>
  new ModelError({
    reason: "unavailable",
    message:
      `The stored vectors are those of the embedder ${describe(stored)}, but the engine is configured with ${describe(configured)}. ` +
      "Configure the former again, or embed docs, messages and memories again: run `effect-julep reindex`, " +
      "or Embedded.reindex (Client.reindex of effect-julep/promise) with these options."
  })

/** The vector space of a developer; fails where another embedder is configured. */
export const spaceOf = (
  storage: Storage.Service,
  developer: string,
  { dimensions, name }: Pick<Embedder.Service, "name" | "dimensions">
): Effect.Effect<Option.Option<Space>, StorageError | ModelError> =>
  Effect.tap(storage.vectors.space(developer), (space) =>
    Option.isSome(space) &&
    (space.value.name !== name || (dimensions !== undefined && space.value.dimensions !== dimensions))
      ? Effect.fail(mismatch(space.value, { name, dimensions }))
      : Effect.void
  )

/** Fails where a vector of an embedder has another length than those of the space. */
export const fits = (
  space: Option.Option<Space>,
  name: string,
  vector: Float32Array | undefined
): Effect.Effect<void, ModelError> =>
  Option.isSome(space) && vector !== undefined && vector.length !== space.value.dimensions
    ? Effect.fail(mismatch(space.value, { name, dimensions: vector.length }))
    : Effect.void

/** Stores vectors of an embedder, in the space of a developer. */
export type Store = (
  developer: string,
  vectors: ReadonlyArray<Float32Array>,
  put: (space: Space) => Effect.Effect<void, StorageError>
) => Effect.Effect<void, StorageError | ModelError>

/**
 * Stores vectors of an embedder. Nothing is stored where they are not of the developer's space, which another embedder may
 * have set since they were asked for: a search could not read vectors of two lengths. A space that lacks it is stored with
 * whether the embedder is semantic, which `isSemantic` finds out.
 */
export const storeOf = (
  storage: Storage.Service,
  service: Embedder.Service,
  isSemantic: Effect.Effect<boolean | undefined>
): Store => {
  const putAll = Effect.fnUntraced(function* (...[developer, vectors, put]: Parameters<Store>) {
    yield* put({ name: service.name, dimensions: vectors[0]?.length ?? 0 })
    const space = yield* spaceOf(storage, developer, service)
    yield* Effect.forEach(vectors, (vector) => fits(space, service.name, vector), { discard: true })
    return space
  }, storage.transaction)
  return Effect.fnUntraced(function* (developer, vectors, put) {
    const space = yield* putAll(developer, vectors, put)
    if (Option.isNone(space) || space.value.semantic !== undefined) return
    const semantic = yield* isSemantic
    if (semantic !== undefined) yield* storage.vectors.setSemantic(developer, { ...space.value, semantic })
  })
}

/** The vectors of some texts. Fails where the answer is not one good vector for each text, all of one length. */
export const embed = (
  { dimensions, embed, name }: Embedder.Service,
  texts: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Float32Array>, ModelError> =>
  Effect.filterOrElse(
    embed(texts),
    (vectors) => answerFault(vectors, texts.length, dimensions) === undefined,
    (vectors) =>
      new ModelError({
        reason: "unavailable",
        message: `The embedder ${JSON.stringify(name)} must return one vector for each text, all of one length. It returned ${answerFault(vectors, texts.length, dimensions)}.`
      })
  )
