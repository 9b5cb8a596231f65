/** The conformance suites, which every mode of the client passes. */
import { describe } from "@effect/vitest"
import type { Mode } from "../support/modes.js"
import type { Wired } from "../support/wire.js"
import { agents } from "./agents.js"
import { chats } from "./chat.js"
import { chatAdvice } from "./chatAdvice.js"
import { chatDeleted } from "./chatDeleted.js"
import { chatKeyed } from "./chatKeyed.js"
import { chatObjects } from "./chatObjects.js"
import { chatOrder } from "./chatOrder.js"
import { chatRetry } from "./chatRetry.js"
import { chatSettings } from "./chatSettings.js"
import { chatStatus } from "./chatStatus.js"
import { chatStream } from "./chatStream.js"
import { chatTools } from "./chatTools.js"
import { completions } from "./completions.js"
import { docs } from "./docs.js"
import { ensure } from "./ensure.js"
import { errorReasons } from "./errorReasons.js"
import { errors } from "./errors.js"
import { explain } from "./explain.js"
import { facts } from "./facts.js"
import { idempotency } from "./idempotency.js"
import { jobs } from "./jobs.js"
import { lists } from "./lists.js"
import { memories } from "./memories.js"
import { metadata } from "./metadata.js"
import { notFound } from "./notFound.js"
import { recall } from "./recall.js"
import { recallFacts } from "./recallFacts.js"
import { recallOptions } from "./recallOptions.js"
import { recallTimes } from "./recallTimes.js"
import { recallTools } from "./recallTools.js"
import { recallTurns } from "./recallTurns.js"
import { render } from "./render.js"
import { roundTrips } from "./roundTrips.js"
import { claims } from "./runResume.js"
import { sessions } from "./sessions.js"
import { streamedReply } from "./streamedReply.js"
import { suggestions } from "./suggestions.js"
import { summaries } from "./summaries.js"
import { syncDocs } from "./syncDocs.js"
import { templates } from "./templates.js"
import { tenancy } from "./tenancy.js"
import { tools } from "./tools.js"
import { users } from "./users.js"
import { v03Forms } from "./v03Forms.js"
import { wireForms } from "./wireForms.js"

/** The suites over a mode. */
export const byClient = (name: string, mode: Mode) => {
  describe(name, () => {
    agents(mode)
    ensure(mode)
    syncDocs(mode)
    users(mode)
    sessions(mode)
    tools(mode)
    lists(mode)
    metadata(mode)
    roundTrips(mode)
    chats(mode)
    chatTools(mode)
    claims(mode)
    chatObjects(mode)
    chatStream(mode)
    streamedReply(mode)
    chatOrder(mode)
    chatDeleted(mode)
    chatRetry(mode)
    chatKeyed(mode)
    templates(mode)
    recall(mode)
    recallTimes(mode)
    recallFacts(mode)
    recallTurns(mode)
    recallTools(mode)
    memories(mode)
    facts(mode)
    summaries(mode)
    suggestions(mode)
    render(mode)
    explain(mode)
    errorReasons(mode)
    idempotency(mode)
    jobs(mode)
    notFound(mode)
  })
}

/** The suites that send raw requests over a mode with its wire at hand. */
export const byRequests = (name: string, wired: Wired) => {
  describe(`${name}, by raw requests`, () => {
    docs(wired)
    chatSettings(wired)
    recallOptions(wired)
    chatStatus(wired)
    chatAdvice(wired)
    completions(wired)
    errors(wired)
    tenancy(wired)
    wireForms(wired)
    v03Forms(wired)
  })
}

/** All suites over a mode. */
export const conformance = (name: string, mode: Mode, wired: Wired) => {
  byClient(name, mode)
  byRequests(name, wired)
}
