import { describe } from "@effect/vitest"
import { agents } from "./suites/agents.js"
import { chats } from "./suites/chat.js"
import { chatDeleted } from "./suites/chatDeleted.js"
import { chatOrder } from "./suites/chatOrder.js"
import { chatSettings } from "./suites/chatSettings.js"
import { chatStream } from "./suites/chatStream.js"
import { chatTools } from "./suites/chatTools.js"
import { completions } from "./suites/completions.js"
import { docs } from "./suites/docs.js"
import { errors } from "./suites/errors.js"
import { facts } from "./suites/facts.js"
import { idempotency } from "./suites/idempotency.js"
import { jobs } from "./suites/jobs.js"
import { lists } from "./suites/lists.js"
import { memories } from "./suites/memories.js"
import { metadata } from "./suites/metadata.js"
import { notFound } from "./suites/notFound.js"
import { parity } from "./suites/parity.js"
import { recall } from "./suites/recall.js"
import { recallTurns } from "./suites/recallTurns.js"
import { render } from "./suites/render.js"
import { sessions } from "./suites/sessions.js"
import { summaries } from "./suites/summaries.js"
import { templates } from "./suites/templates.js"
import { tenancy } from "./suites/tenancy.js"
import { tools } from "./suites/tools.js"
import { users } from "./suites/users.js"
import { keys, wireForms } from "./suites/wireForms.js"
import { modes } from "./support/modes.js"
import * as wired from "./support/wire.js"

describe.each([...modes])("%s", (_name, mode) => {
  agents(mode)
  users(mode)
  sessions(mode)
  tools(mode)
  lists(mode)
  metadata(mode)
  chats(mode)
  chatTools(mode)
  chatStream(mode)
  chatOrder(mode)
  chatDeleted(mode)
  templates(mode)
  recall(mode)
  recallTurns(mode)
  memories(mode)
  facts(mode)
  summaries(mode)
  render(mode)
  idempotency(mode)
  jobs(mode)
  notFound(mode)
})

describe.each(wired.modes)("%s, by raw requests", (_name, mode) => {
  docs(mode)
  chatSettings(mode)
  completions(mode)
  errors(mode)
  tenancy(mode)
  wireForms(mode)
})

parity(wired.embedded, wired.remote)
describe("remote, with a key", () => {
  keys(wired.remote)
})
