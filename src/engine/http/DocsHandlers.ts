import * as Effect from "effect/Effect"
import { DocsApi } from "../../schema/api/DocsApi.js"
import { Doc, DocCreated, DocDeleted, DocsSynced, FoundPassage } from "../../schema/Doc.js"
import { Engine } from "../usecases/Engine.js"
import type { Owner } from "../usecases/resources/Docs.js"
import { answer, itemsOf, pagesOf, whole } from "./respond.js"
import { routes } from "./routes.js"

const sent = whole(Doc, "key")
const one = answer(sent)
const many = pagesOf(sent)
// A sync under a key that is repeated finds its docs unchanged.
const synced = answer(DocsSynced, { waits: true })
const found = itemsOf(FoundPassage, { reads: true })
const created = answer(DocCreated, { status: 201 })
const deleted = answer(DocDeleted, { status: 202 })

const agent = (path: { readonly agent_id: string }): Owner => ({ kind: "agent", id: path.agent_id })
const user = (path: { readonly user_id: string }): Owner => ({ kind: "user", id: path.user_id })

/** The operations on the docs of agents and users. */
export const docsRoutes = Effect.map(Engine, ({ docs }) =>
  routes(DocsApi, {
    listOfAgent: ({ path, request, urlParams }) => many(request, (dev) => docs.list(dev, agent(path), urlParams)),
    createOfAgent: ({ path, payload, request }) => created(request, (dev) => docs.create(dev, agent(path), payload)),
    deleteOfAgent: ({ path, request }) => deleted(request, (dev) => docs.remove(dev, agent(path), path.doc_id)),
    getOfAgent: ({ path, request }) => one(request, (dev) => docs.get(dev, agent(path), path.doc_id)),
    getOfUser: ({ path, request }) => one(request, (dev) => docs.get(dev, user(path), path.doc_id)),
    syncOfAgent: ({ path, payload, request }) => synced(request, (dev) => docs.sync(dev, agent(path), payload)),
    syncOfUser: ({ path, payload, request }) => synced(request, (dev) => docs.sync(dev, user(path), payload)),
    searchOfAgent: ({ path, payload, request }) => found(request, (dev) => docs.search(dev, agent(path), payload)),
    searchOfUser: ({ path, payload, request }) => found(request, (dev) => docs.search(dev, user(path), payload)),
    listOfUser: ({ path, request, urlParams }) => many(request, (dev) => docs.list(dev, user(path), urlParams)),
    createOfUser: ({ path, payload, request }) => created(request, (dev) => docs.create(dev, user(path), payload)),
    deleteOfUser: ({ path, request }) => deleted(request, (dev) => docs.remove(dev, user(path), path.doc_id))
  })
)
