import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Doc, DocCreated, DocDeleted } from "../../schema/Doc.js"
import { Engine } from "../usecases/Engine.js"
import type { Owner } from "../usecases/resources/Docs.js"
import { EngineApi } from "./EngineApi.js"
import { answer, itemsOf } from "./respond.js"

const many = itemsOf(Schema.required(Doc))
const created = answer(DocCreated, { status: 201 })
const deleted = answer(DocDeleted, { status: 202 })

const agent = (path: { readonly agent_id: string }): Owner => ({ kind: "agent", id: path.agent_id })
const user = (path: { readonly user_id: string }): Owner => ({ kind: "user", id: path.user_id })

/** The operations on the docs of agents and users. */
export const DocsHandlers = HttpApiBuilder.group(EngineApi, "docs", (handlers) =>
  Effect.map(Engine, ({ docs }) =>
    handlers
      .handle("listOfAgent", ({ path, request, urlParams }) =>
        many(request, (dev) => docs.list(dev, agent(path), urlParams))
      )
      .handle("createOfAgent", ({ path, payload, request }) =>
        created(request, (dev) => docs.create(dev, agent(path), payload))
      )
      .handle("deleteOfAgent", ({ path, request }) =>
        deleted(request, (dev) => docs.remove(dev, agent(path), path.doc_id))
      )
      .handle("listOfUser", ({ path, request, urlParams }) =>
        many(request, (dev) => docs.list(dev, user(path), urlParams))
      )
      .handle("createOfUser", ({ path, payload, request }) =>
        created(request, (dev) => docs.create(dev, user(path), payload))
      )
      .handle("deleteOfUser", ({ path, request }) =>
        deleted(request, (dev) => docs.remove(dev, user(path), path.doc_id))
      )
  )
)
