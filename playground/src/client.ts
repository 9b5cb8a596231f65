/** The client of the API that this page was served with. Atoms of `state` and of panels read and write through it. */
import { Atom } from "@effect-atom/atom-react"
import * as Layer from "effect/Layer"
import { Julep } from "effect-julep"
import { key } from "./key.js"

/** Where the API is: beside the page, which may be below a path of a proxy. */
export const baseUrl = new URL("../api", location.href)

/**
 * Every manager of `effect-julep` as a service: `runtime.atom(Effect.flatMap(Agents, (agents) => agents.list()))`.
 * Fresh, because layers are built once for all atoms, and another key needs another client.
 */
export const runtime = Atom.runtime((get) => Layer.fresh(Julep.layerFetch({ apiKey: get(key), baseUrl })))
