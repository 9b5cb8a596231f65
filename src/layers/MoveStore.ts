/** Moves everything of a store into another one. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ids } from "../engine/ports/Ids.js"
import { Storage } from "../engine/ports/Storage.js"
import * as Move from "../engine/usecases/admin/Move.js"
import type { MoveRefused } from "../engine/usecases/admin/MoveChecks.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"
import type { Failure } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"

/** Opens both stores, which no other program may use meanwhile, and moves. A target file that is not there is created. */
export const move = (
  from: EngineStorage.StorageOption,
  to: EngineStorage.StorageOption,
  options: Move.Options
): Effect.Effect<Move.Report, Failure | MoveRefused> =>
  Effect.gen(function* () {
    // First, so that no target is created for a source that cannot be opened.
    const source = Context.get(yield* Layer.build(EngineStorage.existing(from, "move")), Storage)
    const target = JobQueue.layer.pipe(
      Layer.provideMerge(Layer.merge(EngineStorage.choose(to), Ids.layer)),
      Layer.build
    )
    const run = yield* Effect.provide(Move.make(source), yield* target)
    return yield* run(options)
  }).pipe(Effect.scoped)
