/** What few programs do with a store: loaded when it is done first, so that no engine starts later for it. */
export type { Line } from "../engine/usecases/admin/Archive.js"
export * as Export from "../engine/usecases/admin/Export.js"
export * as Import from "../engine/usecases/admin/Import.js"
export * as Prune from "../engine/usecases/admin/Prune.js"
